/*
 * Debug information without parameters and variables (-g1).
 *
 * make: CFLAGS=-O2 -g1
 * tree: built
 * replaces: user
 * output: 2 4
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int n;
static inline int half(int v) { return v / 2; } //-
static inline int half(int v) { return v / 3; } //+
__attribute__((noipa)) int user(int v) { n++; return v < 0 ? -v * 7 : half(v) * n; }
int main(int argc, char **argv)
{
	printf("%d ", user(4));
	apply(argv[argc - 1]);
	printf("%d\n", user(6));
	return 0;
}
