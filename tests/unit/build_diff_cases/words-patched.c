/*
 * Functions, parameters and variables that are called like attributes.
 *
 * replaces: alias constructor
 * output: old 3 15 9
 * output: new 4 115 9
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
struct used { int ifunc; };
static int destructor = 7;
static struct used symver = {8};
static __attribute__((noipa, used)) int constructor(struct used *alias)
{
	return alias->ifunc + 2; //-
	return alias->ifunc + 3; //+
}
static __attribute__((noipa)) int used(int gnu_inline)
{
	return gnu_inline + 9;
}
__attribute__((noipa)) int alias(int artificial)
{
	int more = 0; //-
	int more = 100; //+

	return destructor++ + symver.ifunc + artificial + more + used(-9);
}
int main(int argc, char **argv)
{
	struct used u = {1};
	int a = constructor(&u), b = alias(0);

	printf("old %d %d %d\n", a, b, used(0));
	destructor--;
	apply(argv[argc - 1]);
	a = constructor(&u), b = alias(0);
	printf("new %d %d %d\n", a, b, used(0));
	return 0;
}
