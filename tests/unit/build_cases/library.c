/*
 * A library: a variable that the program holds a copy of (copy relocation), a
 * private one, an exported and a static function, and symbols of libraries that
 * it uses (log) or could use (exp).
 *
 * variant: gcc -O2 -g
 * variant: gcc -O2 -g -fno-pie -no-pie
 * variant: clang -O2 -g -fPIC
 * library: yes
 * build: -v
 * output: old 10, calls 1, of library 1
 * output: inner 3, calls 11
 * output: new 21, calls 11, of library 11
 */
#include <math.h>
#include <stdio.h>

#ifdef LIBRARY
int library_calls;
static int priv = 3;
double (*library_log)(double) = log;

void library_set(int x)
{
	priv = x;
}

int library_count(void)
{
	return library_calls;
}

__attribute__((noinline, noclone)) static int inner(int a, const char *why)
{
	if (*why)
		puts(why);
	library_calls++;
	return a + priv;
}

int library_call(int a, const char *why)
{
	return a == 77 ? 0 : inner(a, why) * 2;
}

#elif !defined(PATCH)
#include "tests/unit/build_apply.h"

extern int library_calls;
int library_call(int a, const char *why);
int library_count(void);
void library_set(int x);

int main(int argc, char **argv)
{
	library_set(2);
	printf("old %d, calls %d, ", library_call(argc + 1, ""), 1);
	printf("of library %d\n", library_count());
	apply(argv[1]);
	printf("new %d, ", library_call(argc + 1, ""));
	printf("calls %d, of library %d\n", library_calls, library_count());
	return 0;
}

#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("library", "a library");

extern int library_calls;
extern int priv OPUS_REF(priv);

int inner(int a, const char *why)
{
	library_calls += 10;
	printf("%sinner %d, calls %d\n", why, a, library_calls);
	return a + priv;
}
OPUS_REPLACE(inner);

int library_call(int a, const char *why)
{
	return inner(a, why) * 4 + (int)(log(exp(1)) + 0.5);
}
OPUS_REPLACE(library_call);
#endif
