/*
 * The compiler has split the function: its part is old code as well.
 *
 * replaces: handle
 * output: 0 60 1
 * output: 0 61 1
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
volatile int sink[8];
static int handle(int *v)
{
	if (!v)
		return 0;
	for (int i = 0; i < 8; i++)
		sink[i] = v[i & 1] * i;
	for (int i = 0; i < 8; i++)
		sink[7 - i] += v[0] + sink[i] * 3;
	printf("%d ", sink[0] & 0);
	return v[0]; //-
	return v[0] + 1; //+
}
static int (*volatile call)(int *) = handle;
int main(int argc, char **argv)
{
	int v[] = {60, 2};

	printf("%d %d\n", call(v), argc - 1);
	apply(argv[argc - 1]);
	printf("%d %d\n", call(v), call != NULL);
	return call(NULL);
}
