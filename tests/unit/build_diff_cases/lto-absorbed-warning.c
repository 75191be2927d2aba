/*
 * Link-time optimisation by clang: all of a file is in its callers, without a trace.
 *
 * make: CFLAGS=-O2 -g -flto
 * make: CC=clang-14
 * exit: 1
 * says: a.c: was compiled for link-time optimisation, and no target has a trace of it
 */
//@ a.c
int small(int v), in_a(int v);
int small(int v) { return v * 2; } //-
int small(int v) { return v * 2 + 1000; } //+
__attribute__((noinline)) int in_a(int v) { return small(v); }
//@ b.c
int small(int v), in_b(int v);
__attribute__((noinline)) int in_b(int v) { return small(1) + v + (v > 100 ? v / 7 : 0); }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int in_a(int), in_b(int);
int main(int argc, char **argv)
{
	printf("%d %d\n", in_a(2), in_b(4));
	apply(argv[argc - 1]);
	printf("%d %d\n", in_a(2), in_b(4));
	return 0;
}
