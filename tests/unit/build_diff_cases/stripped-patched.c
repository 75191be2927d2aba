/*
 * The target is stripped, and was built without debug information: what the
 * build makes anew is the same, and has it.
 *
 * strip: yes
 * make: CFLAGS=-O2
 * says: the build made the same code again, with debug information
 * replaces: user
 * output: 11 22
 * output: 101 102
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int count = 10;
static int check(int v) { return v; } //-
static int check(int v) { return v + 80; } //+
__attribute__((noipa)) int user(int v) { count += v; return check(count); }
int main(int argc, char **argv)
{
	int a = user(1), b = user(11);

	printf("%d %d\n", a, b);
	apply(argv[argc - 1]);
	a = user(-1), b = user(1);
	printf("%d %d\n", a, b);
	return 0;
}
