/*
 * Functions of every shape of the x86-64 calling convention. The target has
 * them with VERSION 1, the patch with VERSION 2: a result tells exactly which
 * one ran, and that every argument and every result register came through.
 */
#include <stdarg.h>
#include <stdint.h>

#include "attr.h"
#include "shapes.h"

#define V VERSION

ATTR long no_args(void) { return 100 + V; }
ATTR void by_pointer(long *ret) { *ret = 100 + V; }
ATTR long six(long a, long b, long c, long d, long e, long f)
{
	return V + 10 * (a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f);
}
ATTR long many(int a, long b, char c, short d, unsigned e, long f, long g,
	       int h, char i, double j, float k, double l, double m, double n,
	       double o, double p, double q, double r, float s, long t)
{
	return V + 10 * (a + 2 * b + 3 * c + 4 * d + 5 * (long)e + 6 * f +
		7 * g + 8 * h + 9 * i + (long)(10 * j + 11 * k + 12 * l +
		13 * m + 14 * n + 15 * o + 16 * p + 17 * q + 18 * r + 19 * s) +
		20 * t);
}
ATTR double doubles(double a, double b, double c, double d, double e, double f,
		    double g, double h)
{
	return V + 10 * (a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g +
			 8 * h);
}
ATTR float floats(float a, float b) { return V + 10 * (a + 2 * b); }
ATTR long double long_double(long double a, int b, long double c)
{
	return V + 10 * (a + b + c);
}
ATTR _Complex double complex_double(_Complex double a, _Complex double b)
{
	return V + 10 * (a * b);
}
ATTR _Complex float complex_float(_Complex float a) { return V + 10 * a; }
ATTR _Complex long double complex_long(_Complex long double a)
{
	return V + 10 * a;
}
ATTR __int128 int128(__int128 a, long b, __int128 c)
{
	return V + 10 * (a + b + c);
}
ATTR struct two_long two_longs(struct two_long s)
{
	return (struct two_long){ V + 10 * s.b, V + 20 * s.a };
}
ATTR struct two_double two_doubles(struct two_double s, double f)
{
	return (struct two_double){ V + 10 * s.b + f, V + 20 * s.a };
}
ATTR struct mixed mixed(struct mixed s, struct mixed_back t)
{
	return (struct mixed){ V + 10 * s.a + t.b, V + 10 * s.b + t.a };
}
ATTR struct mixed_back mixed_back(long a, double b)
{
	return (struct mixed_back){ V + 10 * b, V + 10 * a };
}
ATTR struct three three(long a, struct three s)
{
	return (struct three){ V + 10 * a, V + 10 * s.b, V + 10 * s.c };
}
ATTR struct large large(int a, struct large s, int b)
{
	for (int i = 0; i < 40; i++)
		s.a[i] = V + 10 * (s.a[i] + a + b);
	return s;
}
ATTR struct small small(struct small s)
{
	s.a += V;
	s.b += 10 * V;
	s.c += V;
	return s;
}
ATTR union one one(union one u) { u.l += V; return u; }
ATTR _Bool boolean(_Bool a) { return V == 1 ? a : !a; }
ATTR unsigned char byte(unsigned char a) { return (unsigned char)(a + V); }

ATTR double variadic(int n, ...)
{
	double sum = 0;
	va_list list;

	va_start(list, n);
	for (int i = 0; i < n; i++)
		sum += (i + 1) * (i % 3 ? va_arg(list, double) :
				  (double)va_arg(list, long));
	va_end(list);
	return V + 10 * sum;
}
ATTR long variadic_int(int n, ...)
{
	long sum = 0;
	va_list list;

	va_start(list, n);
	for (int i = 0; i < n; i++)
		sum += (i + 1) * va_arg(list, int);
	va_end(list);
	return V + 10 * sum;
}

ATTR __m128 sse(__m128 a, __m128 b, __m128 c, __m128 d, __m128 e, __m128 f,
		__m128 g, __m128 h, __m128 i)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h +
		9 * i + (float)V;
}
ATTR __m128i sse_int(__m128i a, __m128i b) { return a * 10 + b * 20 + V; }

__attribute__((target("avx2")))
ATTR __m256d avx(__m256d a, __m256d b, __m256d c, __m256d d, __m256d e,
		 __m256d f, __m256d g, __m256d h, __m256d i)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h +
		9 * i + (double)V;
}
__attribute__((target("avx512f")))
ATTR __m512d avx512(__m512d a, __m512d b, __m512d c, __m512d d, __m512d e,
		    __m512d f, __m512d g, __m512d h)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h +
		(double)V;
}

ATTR long recursive(int n)
{
	long below = n > 0 ? recursive(n - 1) : 0;

	__asm__ volatile("" : "+r"(below));
	return below + n * 10 + V;
}
ATTR long fib(int n) { return n < 2 ? V : fib(n - 1) + fib(n - 2); }
ATTR int even(int n)
{
	int result = n == 0 ? V : odd(n - 1);

	__asm__ volatile("" : "+r"(result));
	return result;
}
ATTR int odd(int n)
{
	int result = n == 0 ? -V : even(n - 1);

	__asm__ volatile("" : "+r"(result));
	return result;
}
/* gcc -O2 makes jumps of these calls, one function into the other. */
ATTR long tail_a(long n, long sum)
{
	return n == 0 ? 10 * sum + V : tail_b(n - 1, sum + 1);
}
ATTR long tail_b(long n, long sum)
{
	return n == 0 ? 10 * sum + V : tail_a(n - 1, sum + 2);
}
ATTR long chain_call(long (*f)(long), long n) { return f(n) + V; }
/* The static chain of nested functions comes in r10. */
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
__attribute__((naked)) ATTR long chain(void)
{
	__asm__("mov %r10, %rax\n\tadd $" TEXT(VERSION) ", %rax\n\tret");
}
/* Stack aligned for vectors, and a variable length array. */
ATTR long aligned(int n)
{
	__attribute__((aligned(64))) volatile long space[8] = { V, 10 };
	volatile char more[n];

	more[n - 1] = 1;
	return ((uintptr_t)space & 63) ? -1 : space[0] + space[1] * more[n - 1];
}
/* The x87 stack must be as deep at the return as the caller left it. */
ATTR double x87(double a)
{
	double result;

	__asm__ volatile("fldl %1\n\tfaddl %1\n\tfstpl %0"
			 : "=m"(result) : "m"(a));
	return 10 * result + V;
}
