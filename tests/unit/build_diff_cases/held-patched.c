/*
 * An inline function changes, and so does the only one that holds a copy of it.
 *
 * replaces: use
 * silent: neither it nor a copy of it
 * output: 30 27
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static inline int limit(int v) { return v > 10 ? 10 : v; } //-
static inline int limit(int v) { return v > 9 ? 9 : v; } //+
__attribute__((noipa)) int use(int v)
{
	if (v < -3) return 0; //-
	if (v < -2) return 0; //+
	return limit(v) * 3;
}
int main(int argc, char **argv)
{
	printf("%d ", use(70));
	apply(argv[argc - 1]);
	printf("%d\n", use(70));
	return 0;
}
