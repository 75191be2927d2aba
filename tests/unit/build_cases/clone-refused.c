/*
 * A function that GCC has cloned for callers with a constant.
 *
 * variant: gcc -O2 -g
 * exit: 2
 * says: refused: scale: exists in prog only as scale.constprop.0
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

static int __attribute__((noinline)) scale(int a, int by)
{
	printf("scale %d\n", a);
	return a * by;
}
struct pair {
	int a, b;
};
static int __attribute__((noinline)) helper(struct pair *p)
{
	printf("helper %d\n", p->a);
	return p->a;
}
int main(int argc, char **argv)
{
	struct pair p = {argc, 1};

	if (argc > 7)
		apply(argv[1]);
	return scale(argc, 17) + scale(argc + 1, 17) + helper(&p) + helper(&p);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("clone", "");
extern int helper(void *p) OPUS_REF(helper);
int scale(int a, int by)
{
	return a + by + helper(0);
}
OPUS_REPLACE(scale);
int main(int argc, char **argv)
{
	return argc + !argv + helper(0);
}
OPUS_REPLACE(main);
#endif
