/*
 * A function moves to another file, with the static variable that is its state.
 *
 * replaces: add get
 * output: old 15 15
 * output: new 125 125
 */
//@ a.h
int add(int n), get(void), other(void);
//@ a.c
#include "a.h"
static int sum = 10; //-
__attribute__((noipa)) int get(void) { return sum; } //-
__attribute__((noipa)) int add(int n) { return sum += n; } //-
int other(void) { return 3; }
//@ b.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
static int sum = 10; //+
__attribute__((noipa)) int get(void) { return sum; } //+
__attribute__((noipa)) int add(int n) { return sum += n + 100; } //+
int main(int argc, char **argv)
{
	int n = add(5);

	printf("old %d %d\n", n, get());
	apply(argv[argc - 1]);
	n = add(10);
	printf("new %d %d\n", n, get());
	return 0;
}
