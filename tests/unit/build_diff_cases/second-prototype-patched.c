/*
 * A second prototype goes, with what it said of the function: its callers have
 * other code.
 *
 * replaces: twice
 * output: 2 1
 * output: 4 2
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int count(int n);
int count(int n) __attribute__((const)); //-
int twice(int n), kept(int n);
__attribute__((noipa)) int twice(int n) { return count(n) + count(n); }
__attribute__((noipa)) int kept(int n) { return n - 1; }
int main(int argc, char **argv)
{
	int calls, sum = twice(1);
	calls = kept(2);
	printf("%d %d\n", sum, calls);
	apply(argv[argc - 1]);
	sum = twice(1);
	printf("%d %d\n", sum - 1, calls + 1);
	return 0;
}
//@ b.c
int count(int n);
static int calls;
__attribute__((noipa)) int count(int n) { return n + calls++; }
