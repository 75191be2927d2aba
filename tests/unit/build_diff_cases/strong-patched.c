/*
 * A function that was weak gets another of its name, in another file: the linker
 * would take that one.
 *
 * replaces: hook
 * output: 200
 * output: 3
 */
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int hook(int v), use(int v);
__attribute__((weak)) int hook(int v) { return v * 100; }
__attribute__((noipa)) int use(int v) { return hook(v); }
int main(int argc, char **argv)
{
	printf("%d\n", use(2));
	apply(argv[argc - 1]);
	printf("%d\n", use(2));
	return 0;
}
//@ b.c
int hook(int v), other(int v);
int other(int v) { return v - 1; }
int hook(int v) { return v + 1; } //+
