/*
 * A target linked with -x: static functions and variables have no symbols.
 *
 * make: LDFLAGS=-Wl,-x
 * replaces: use
 * output: 12
 * output: 113
 */
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
static int count = 10;
int use(int v);
__attribute__((noinline)) static int plus(int v) { return count += v; }
__attribute__((noipa)) int use(int v)
{
	v += 99; //+
	return plus(v) + (count > 100);
}
int main(int argc, char **argv)
{
	printf("%d\n", use(2));
	apply(argv[argc - 1]);
	printf("%d\n", use(1));
	return 0;
}
//@ b.c
static int count = 100;
int other(int v);
__attribute__((noinline)) static int plus(int v) { return count += v; }
int other(int v) { return plus(v); }
