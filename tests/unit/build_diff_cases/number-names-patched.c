/*
 * Functions whose names are numbers for the linker, in the notation of assemblers:
 * with a thunk before them the new ones are called by a name that it makes.
 *
 * replaces: add cb each
 * output: old 2 5 9
 * output: new 102 105 109
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int calls;
#define OWN __attribute__((noipa))
OWN int add(int n) { calls++; return n + 1; } //-
OWN int add(int n) { calls++; return n + 101; } //+
OWN int cb(int n) { calls++; return n + 4; } //-
OWN int cb(int n) { calls++; return n + 104; } //+
OWN int each(int n) { calls++; return n + 8; } //-
OWN int each(int n) { calls++; return n + 108; } //+
int main(int argc, char **argv)
{
	int n = argc - 1;

	printf("old %d %d %d\n", add(n), cb(n), each(n));
	apply(argv[n]);
	printf("new %d %d %d\n", add(n), cb(n), each(n));
	return 0;
}
