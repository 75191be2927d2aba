/*
 * A gnu_inline definition, and behind it the function itself, of the same name.
 * Other functions call the second one.
 *
 * replaces: bounded
 * output: old 12 25 99
 * output: new 7 15 99
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
extern inline __attribute__((gnu_inline)) int bounded(int n)
{
	return n > 99 ? 99 : n; //-
	return n > 7 ? 7 : n; //+
}
extern inline __attribute__((__gnu_inline__, __always_inline__)) int kept(int n);
extern inline __attribute__((__gnu_inline__, __always_inline__)) int kept(int n)
{
	return n * 2;
}
__attribute__((noipa)) int user(int n)
{
	return kept(bounded(n));
}
int bounded(int n)
{
	return n > 99 ? 99 : n; //-
	return n > 7 ? 7 : n; //+
}
int kept(int n)
{
	return n + n + 1;
}
int main(int argc, char **argv)
{
	int (*volatile by_pointer)(int) = bounded, (*volatile k)(int) = kept;

	printf("old %d %d %d\n", by_pointer(12), user(12), k(49));
	apply(argv[argc - 1]);
	printf("new %d %d %d\n", by_pointer(12), user(12), k(49));
	return 0;
}
