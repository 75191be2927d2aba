/*
 * Another name of a function becomes one of another function.
 *
 * exit: 2
 * says: refused: called: is another name of "one", and would be one of "two"
 */
//@ a.c
int one(int n), two(int n);
__attribute__((noipa)) int one(int n) { return n + 1; }
__attribute__((noipa)) int two(int n) { return n + 2; }
int called(int n) __attribute__((alias("one"))); //-
int called(int n) __attribute__((alias("two"))); //+
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int called(int n), one(int n);
int main(int argc, char **argv)
{
	printf("old %d %d\n", called(9), one(1));
	apply(argv[argc - 1]);
	printf("new %d %d\n", called(9), one(1));
	return 0;
}
