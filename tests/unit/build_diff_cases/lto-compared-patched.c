/*
 * Link-time optimisation has dropped a function that is called behind a comparison,
 * which is no arrow: it comes along.
 *
 * make: CFLAGS=-O2 -g -flto
 * replaces: A
 * says: b: is called by the new A
 * output: old 2
 * output: new 102
 */
//@ a.h
int b(int n), kept(int n), A(int n);
//@ a.c
#include "a.h"
__attribute__((noipa)) int A(int n)
{
	n += 100; //+
	return (0 > b(n)) + n;
}
//@ b.c
#include "a.h"
static int count;
int b(int n) { count++; return n * n + count; }
__attribute__((noipa)) int kept(int n) { return n + count; }
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	printf("old %d\n", A(2));
	apply(argv[argc - 1]);
	printf("new %d\n", A(2));
	return 0;
}
