/*
 * A function that GCC gives a value in place of a pointer to it.
 *
 * variant: gcc -O2 -g
 * exit: 2
 * says: refused: sum: exists in prog only as sum.isra.0
 */
#ifndef PATCH
#include "tests/unit/build_apply.h"

struct pair {
	int a, b;
};

static int __attribute__((noinline)) sum(struct pair *p)
{
	return p->a * 3 + p->b;
}
int __attribute__((noipa)) first(struct pair *p)
{
	return sum(p) + 1;
}
int __attribute__((noipa)) second(struct pair *p)
{
	return sum(p + 1) * 2;
}
int main(int argc, char **argv)
{
	struct pair p[2] = {{argc, 2}, {3, argc}};

	apply(argv[1]);
	return first(p) + second(p);
}
#else
#include <opus-livepatch/patch.h>

OPUS_PATCH("isra", "cannot be");
struct pair {
	int a, b;
};
int sum(struct pair *p)
{
	return p->b;
}
OPUS_REPLACE(sum);
#endif
