/*
 * A function gets another name, and its old address is kept by who was given it.
 *
 * replaces: setup
 * says: handler: has gone, and the old code handed on its address
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int (*cb)(int);
static int handler(int n) { return n + 1; } //-
static int handler_checked(int n) { return n > 5 ? 0 : n + 1; } //+
__attribute__((noipa)) void setup(void)
{
	cb = handler; //-
	cb = handler_checked; //+
}
__attribute__((noipa)) int run(int n) { return cb(n); }
int main(int argc, char **argv)
{
	setup();
	printf("old %d\n", run(9));
	apply(argv[argc - 1]);
	printf("new %d\n", run(9));
	return 0;
}
