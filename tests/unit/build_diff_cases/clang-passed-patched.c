/*
 * What clang passes and returns in another way in a static function: a part of a result
 * that nobody looks at, a floating-point parameter and a part of a structure that are
 * constants.
 *
 * make: CC=clang-14
 * replaces: scaled taken user
 * output: old 45 17 13
 * output: new 245 217 113
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static volatile int calls;
struct res { long code, value; };
struct arg { long one, two; };
__attribute__((noinline)) static struct res get(long n)
{
	struct res r = {n + 1, n * 3};

	for (long i = 0; i < n; i++)
		r.code ^= r.value += i;
	r.value += 100; //+
	return r;
}
__attribute__((noinline)) static double scale(double by, double v)
{
	v += 50; //+
	return v * by + (v > 1e6 ? v * v : 1);
}
__attribute__((noinline)) static long take(struct arg a, long more)
{
	more += 100; //+
	return a.one * 2 + a.two * 3 + more * (more > 5000 ? more / 7 + a.two : 1);
}
__attribute__((noinline)) long user(long n) { calls++; return get(n).value + get(n + 3).value; }
__attribute__((noinline)) long scaled(long n) { calls++; return (long)(scale(2, (double)n) + scale(2, (double)n + 1.5)); }
__attribute__((noinline)) long taken(long n) { calls++; return take((struct arg){n, 2}, n + 1); }
int main(int argc, char **argv)
{
	printf("old %ld %ld %ld\n", user(argc + 1), scaled(argc + 1), taken(argc));
	apply(argv[argc - 1]);
	printf("new %ld %ld %ld\n", user(argc + 1), scaled(argc + 1), taken(argc));
	return 0;
}
