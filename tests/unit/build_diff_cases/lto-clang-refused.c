/*
 * Link-time optimisation by clang: a function that was global needs no parameter,
 * for all callers give the same.
 *
 * make: CC=clang-14
 * make: CFLAGS=-O2 -g -flto
 * exit: 2
 * says: a.c:4: refused: in_a: does not use its parameter `v` in the target (or knows its value)
 */
//@ a.c
static volatile int state = 10;
int in_a(int v);
//
__attribute__((noinline)) int in_a(int v)
{
	state += v;
	return state; //-
	return state + 1; //+
}
//@ main.c
#include "tests/unit/build_apply.h"
int in_a(int);
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	return in_a(1) + in_a(1);
}
