/*
 * A changed function that the linker has dropped, for nobody calls it.
 *
 * make: CFLAGS=-O2 -g -ffunction-sections
 * make: LDFLAGS=-Wl,--gc-sections
 * says: a.c:3: note: unused: the diff changes it, but prog has neither it nor a copy of it
 * replaces: user
 * output: old 2
 * output: new 3
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int unused(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int unused(int v) { return v < 0 ? -v * 7 : v * 3; } //+
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv)
{
	int (*volatile run)(int) = user;

	printf("old %d\n", run(argc / argc));
	apply(argv[argc - 1]);
	printf("new %d\n", run(argc / argc));
	return 0;
}
