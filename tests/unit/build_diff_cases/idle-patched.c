/*
 * An inline function of a header changes, which only some of the files that
 * include it use: the others are not compiled again.
 *
 * replaces: user
 * silent: seed=1-b.c
 * output: 9
 * output: 4
 */
//@ cap.h
static inline int cap(int n)
{
	return n > 9 ? 9 : n; //-
	return n > 4 ? 4 : n; //+
}
//@ a.c
#include "cap.h"
int a_recap(int n);
int a_recap(int n) { return n + 1; }
//@ b.c
#include "cap.h"
int b_recap(int n);
int b_recap(int n) { return n + 2; }
//@ c.c
#include "cap.h"
int user(int n);
__attribute__((noipa)) int user(int n)
{
	return cap(n * 3) + cap(n) / 1000;
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int user(int n), a_recap(int n), b_recap(int n);
int main(int argc, char **argv)
{
	printf("%d\n", user(argc + 7) + a_recap(-1) + b_recap(-2));
	apply(argv[argc - 1]);
	printf("%d\n", user(argc + 7));
	return 0;
}
