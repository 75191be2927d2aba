/*
 * A static variable of a function that has one of two values: clang makes a byte of it,
 * which the new code cannot use. It is told.
 *
 * make: CC=clang-14
 * replaces: once
 * says: a.c:5: warning: done: (in once) is not in prog, or in another form
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noinline)) int once(int v)
{
	static int done;

	if (done)
		return 0; //-
		return -1; //+
	done = 1;
	return v;
}
int main(int argc, char **argv)
{
	printf("%d\n", once(argc) + once(argc));
	apply(argv[argc - 1]);
	printf("%d\n", once(argc));
	return 0;
}
