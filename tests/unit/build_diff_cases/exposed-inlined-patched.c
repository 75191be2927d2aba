/*
 * An inline function of a header becomes a function of one source file, which the
 * others call; the target has copies of it alone. So does a static one, with a
 * variable that the compiler had folded.
 *
 * replaces: a_user user
 * output: old 13 14
 * output: new 5 105
 */
//@ a.h
static inline int cap(int n) { return n; } //-
int cap(int n); //+
int most(int n); //+
extern int bound; //+
int user(int n), a_user(int n), other(int n);
//@ a.c
#include "a.h"
static int bound = 5; //-
int bound = 5; //+
static int most(int n) { return n > 5 ? n : bound; } //-
int most(int n) { return n > 5 ? 5 : bound; } //+
int cap(int n) { return n > bound ? bound : n; } //+
__attribute__((noipa)) int a_user(int n)
{
	return cap(most(n));
}
//@ b.c
#include "a.h"
__attribute__((noipa)) int user(int n)
{
	if (n < 0)
		return -n * 3;
	return cap(n) + 1; //-
	return cap(n) + 100 + bound - most(n); //+
}
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	printf("old %d %d\n", a_user(13), user(13));
	apply(argv[argc - 1]);
	printf("new %d %d\n", a_user(13), user(13));
	return 0;
}
