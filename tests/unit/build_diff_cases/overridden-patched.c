/*
 * Weak functions that those of other files override: the diff changes the weak one of
 * two, and the other one of two.
 *
 * says: hook: the diff changes it, but prog has another of its name
 * silent: tell: the diff changes it
 * replaces: tell use
 * output: 12 700
 * output: 13 701
 */
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int use(int v), tell(int v);
int hook(int v);
__attribute__((weak, noipa)) int hook(int v) { return v * 5; } //-
__attribute__((weak, noipa)) int hook(int v) { return v * 6; } //+
__attribute__((noipa)) int tell(int v)
{
	v++; //+
	return v * 100 + hook(0) - 10;
}
int main(int argc, char **argv)
{
	printf("%d %d\n", use(1), tell(7));
	apply(argv[argc - 1]);
	printf("%d %d\n", use(1), tell(6) + 1);
	return 0;
}
//@ b.c
int hook(int v), use(int v), tell(int v);
__attribute__((noipa)) int hook(int v) { return v + 10; }
__attribute__((weak, noipa)) int tell(int v) { return v * 9; }
__attribute__((noipa)) int use(int v)
{
	v++; //+
	return hook(v) + 1;
}
