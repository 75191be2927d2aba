/*
 * Link-time optimisation by clang: all callers give the same first argument, so the
 * second one is passed in its register.
 *
 * make: CC=clang-14
 * make: CFLAGS=-O2 -g -flto
 * exit: 2
 * says: refused: step: does not use its parameter `v`
 */
//@ a.c
int state = 10;
int step(int v, int *other);
__attribute__((noinline)) int step(int v, int *other)
{
	state += v;
	*other = state * 3;
	return state; //-
	return state + 1; //+
}
//@ main.c
#include <stdio.h>
int step(int v, int *other);
int main(void)
{
	int a, b;

	printf("%d", step(1, &a) + a);
	printf("%d\n", step(1, &b) + b);
	return 0;
}
