/*
 * clang -g1 describes no function into which nothing was inlined.
 *
 * make: CC=clang-14
 * make: CFLAGS=-O2 -g1
 * replaces: called user
 * output: 4 21
 * output: 21 169
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int n;
int user(int v), called(int v);
__attribute__((noinline)) static int other(int v, int w)
{
	v += 10; //+
	n++;
	return v * n * w;
}
__attribute__((noinline)) int user(int v)
{
	v++; //+
	n++;
	return v < 0 ? -v * 7 : v * n;
}
__attribute__((noinline)) int called(int v) { return other(v, 1 + (v > 2)) + other(v, 2) / 2; }
int main(int argc, char **argv)
{
	int a = user(4);

	printf("%d %d\n", a, called(3));
	n = 2;
	apply(argv[argc - 1]);
	a = user(6);
	printf("%d %d\n", a, called(3));
	return 0;
}
