/*
 * shapes.h - declarations of the functions in functions.h.
 *
 * They are compiled in a unit of their own, so that no caller knows more about
 * them than the calling convention says.
 */
#include <complex.h>
#include <immintrin.h>

struct two_long { long a, b; };
struct two_double { double a, b; };
struct mixed { long a; double b; };
struct mixed_back { double a; long b; };
struct three { long a, b, c; };
struct large { long a[40]; };
struct small { char a; short b; float c; };
union one { long l; double d; };

long no_args(void);
void by_pointer(long *ret);
long six(long a, long b, long c, long d, long e, long f);
long many(int a, long b, char c, short d, unsigned e, long f, long g, int h,
	  char i, double j, float k, double l, double m, double n, double o,
	  double p, double q, double r, float s, long t);
double doubles(double a, double b, double c, double d, double e, double f,
	       double g, double h);
float floats(float a, float b);
long double long_double(long double a, int b, long double c);
_Complex double complex_double(_Complex double a, _Complex double b);
_Complex float complex_float(_Complex float a);
_Complex long double complex_long(_Complex long double a);
__int128 int128(__int128 a, long b, __int128 c);
struct two_long two_longs(struct two_long s);
struct two_double two_doubles(struct two_double s, double f);
struct mixed mixed(struct mixed s, struct mixed_back t);
struct mixed_back mixed_back(long a, double b);
struct three three(long a, struct three s);
struct large large(int a, struct large s, int b);
struct small small(struct small s);
union one one(union one u);
_Bool boolean(_Bool a);
unsigned char byte(unsigned char a);
double variadic(int n, ...);
long variadic_int(int n, ...);
__m128 sse(__m128 a, __m128 b, __m128 c, __m128 d, __m128 e, __m128 f,
	   __m128 g, __m128 h, __m128 i);
__m128i sse_int(__m128i a, __m128i b);
__attribute__((target("avx2")))
__m256d avx(__m256d a, __m256d b, __m256d c, __m256d d, __m256d e, __m256d f,
	    __m256d g, __m256d h, __m256d i);
__attribute__((target("avx512f")))
__m512d avx512(__m512d a, __m512d b, __m512d c, __m512d d, __m512d e,
	       __m512d f, __m512d g, __m512d h);
long recursive(int n);
long fib(int n);
int even(int n);
int odd(int n);
long tail_a(long n, long sum);
long tail_b(long n, long sum);
long chain_call(long (*f)(long), long n);
long chain(void);
long aligned(int n);
double x87(double a);
