/*
 * Static functions that came out alike are one in the target. A fix of one of them is
 * not the others': those come along as they are, and with them who calls them.
 *
 * replaces: a1 user_a2 user_b2 user_c1
 * silent: has the same code
 * output: 10 10 20 20 30 30
 * output: -1 10 20 -2 -3 30
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#define BODY(N)                                   \
	{                                         \
		int sum = N;                      \
		for (int i = 0; i < n; i++)       \
			sum += p[i & 7] * i * N;  \
		return sum;                       \
	}
#define NOINLINE __attribute__((noinline)) static int
/* The code is kept for the first one. */
NOINLINE a1(const char *p, int n) BODY(10) //-
NOINLINE a1(const char *p, int n) { if (n > 4) return -1; BODY(10) } //+
NOINLINE a2(const char *p, int n) BODY(10)
NOINLINE b1(const char *p, int n) BODY(20)
NOINLINE b2(const char *p, int n) BODY(20) //-
NOINLINE b2(const char *p, int n) { if (n > 4) return -2; BODY(20) } //+
NOINLINE c1(const char *p, int n) BODY(30) //-
NOINLINE c1(const char *p, int n) { if (n > 4) return -3; BODY(30) } //+
NOINLINE c2(const char *p, int n) BODY(30)
#define USER(F) __attribute__((noipa)) int user_##F(const char *p, int n) \
	{ int sum = F(p, n); *(volatile int *)&last = sum; return sum; }
int last;
USER(a1)
USER(a2)
USER(b1)
USER(b2)
USER(c1)
static int (*const table[])(const char *p, int n) = {c2, c2};
__attribute__((noipa)) int by_table(const char *p, int n) { return table[n & 1](p, n); }
__attribute__((noipa)) void show(void)
{
	static const char zeros[8];

	printf("%d %d ", user_a1(zeros, 8), user_a2(zeros, 8));
	printf("%d %d ", user_b1(zeros, 8), user_b2(zeros, 8));
	printf("%d %d\n", user_c1(zeros, 8), by_table(zeros, 8));
}
int main(int argc, char **argv)
{
	show();
	apply(argv[argc - 1]);
	show();
	return 0;
}
