/*
 * clang calls a static variable of a function "function.name": one whose first value is
 * written in another way is the same one.
 *
 * make: CC=clang-14
 * replaces: user
 * output: 11
 * output: 1012
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noinline)) int user(int n)
{
	static int count; //-
	static int count = 0; //+
	static int base = 10; //-
	static int base = 5 * 2; //+

	n += 1000; //+
	if (n > 5000)
		base = n;
	count += n != 0;
	return base + count + n / 1000 * 1000;
}
int main(int argc, char **argv)
{
	printf("%d\n", user(argc));
	apply(argv[argc - 1]);
	printf("%d\n", user(argc));
	return 0;
}
