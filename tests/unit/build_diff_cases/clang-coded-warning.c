/*
 * clang keeps one byte for a variable that only ever has two values, and knows which
 * they are. New code cannot read that: it has a variable of its own, with all who use it.
 *
 * make: CC=clang-14
 * says: shift: is not in prog, for the compiler had no use for it: what the old code stored
 * replaces: calls first
 * output: 25 0
 * output: 123 1
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int shift = 1;
int first(int n), calls(int n);
__attribute__((noinline)) int first(int n)
{
	if (n > 40) shift = 3, n = 40; //+
	return n * 3 + shift;
}
__attribute__((noinline)) int calls(int n)
{
	if (n > 1000)
		shift = 0;
	return n / 3;
}
int main(int argc, char **argv)
{
	printf("%d %d\n", first(argc * 4), calls(argc));
	apply(argv[argc - 1]);
	printf("%d %d\n", first(argc * 60), calls(argc + 1));
	return 0;
}
