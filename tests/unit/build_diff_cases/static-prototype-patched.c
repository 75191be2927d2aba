/*
 * Functions that are static by their prototypes alone: the new code of b.c calls its
 * own, which was inlined there, and not the one of that name in a.c.
 *
 * replaces: second
 * output: old 11 102
 * output: new 11 202
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int twice(int v);
int second(int v);
__attribute__((noipa)) int twice(int v) { return 10 * v; }
int main(int argc, char **argv)
{
	printf("old %d %d\n", twice(1) + 1, second(1));
	apply(argv[argc - 1]);
	printf("new %d %d\n", twice(1) + 1, second(1));
	return 0;
}
//@ b.c
static int twice(int v);
int second(int v);
__attribute__((noipa)) int second(int v)
{
	return twice(v) + 2; //-
	return twice(2 * v) + 2; //+
}
int twice(int v) { return 100 * v; }
