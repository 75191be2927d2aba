/*
 * ccache, which has the objects of the old source already.
 *
 * make: CC=ccache gcc
 * replaces: step
 * output: 11 111
 */
//@ a.c
static int state = 10;
__attribute__((noipa)) int step(int v)
{
	state += v;
	return state; //-
	return state + 100 - v; //+
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int step(int v);
int main(int argc, char **argv)
{
	printf("%d ", step(1));
	apply(argv[argc - 1]);
	printf("%d\n", step(1));
	return 0;
}
