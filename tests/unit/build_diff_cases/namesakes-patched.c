/*
 * Two static variables of one name in one function.
 *
 * replaces: count
 * output: old 1 101 2
 * output: new 1002 1102 1003
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int count(int which)
{
	int more = 0; //-
	int more = 1000; //+

	if (which) {
		static int n = 100;
		return ++n + more;
	} else {
		static int n;
		return ++n + more;
	}
}
int main(int argc, char **argv)
{
	int a = count(0), b = count(1);

	printf("old %d %d %d\n", a, b, argc);
	apply(argv[argc - 1]);
	a = count(0), b = count(1);
	printf("new %d %d %d\n", a, b, count(0));
	return 0;
}
