/*
 * Weak functions, weak references to nothing, and one that is overridden.
 *
 * replaces: use
 * output: 5 0
 */
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
extern int absent(int) __attribute__((weak));
__attribute__((weak)) int hook(int v) { return v * 100; }
__attribute__((weak)) int hook(int v);
int use(int v);
__attribute__((noipa)) int use(int v)
{
	if (absent) return absent(v);
	if (v > 4) v = 4; //+
	return hook(v);
}
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d %d\n", use(90), absent != 0);
	return 0;
}
//@ b.c
int hook(int v);
int hook(int v) { return v + 1; }
