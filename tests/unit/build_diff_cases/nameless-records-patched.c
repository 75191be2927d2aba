/*
 * Structures without a name of their own are not one another, though they have one
 * layout: each goes by the name that a typedef gives it.
 *
 * replaces: f
 * silent: warning
 * output: 4
 * output: 6
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
typedef struct { int quot, rem; } quotient;
typedef struct {
	int count;
	union {
		unsigned int wide;
		char byte[4];
	} value;
} state;
__attribute__((noipa)) void f(quotient q, state s)
{
	printf("%d\n", q.quot + s.count); //-
	printf("%d\n", q.rem + (int)s.value.wide); //+
}
int main(int argc, char **argv)
{
	quotient q = {1, 2};
	state s = {.count = 3, .value = {4}};

	f(q, s);
	apply(argv[argc - 1]);
	f(q, s);
	return 0;
}
