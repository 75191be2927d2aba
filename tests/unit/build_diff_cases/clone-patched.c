/*
 * Only a clone of it exists, and a part: those who call them are replaced.
 *
 * output: 3 310
 * output: 1 110
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
volatile int sink;
static __attribute__((noinline)) int scale(int *v, int factor, int unused)
{
	for (int i = 0; i < 3; i++)
		sink += v[i] * factor;
	if (v[0] > 10) //+
		return factor / 3; //+
	return factor;
}
__attribute__((noipa)) int one(int *v) { return scale(v, 3, 1); }
__attribute__((noipa)) int two(int *v) { return scale(v, 3, 2) * 100 + 10; }
int main(int argc, char **argv)
{
	int v[] = {100, 2, 3};

	printf("%d %d\n", one(v), two(v));
	apply(argv[argc - 1]);
	printf("%d %d\n", one(v), two(v));
	return 0;
}
