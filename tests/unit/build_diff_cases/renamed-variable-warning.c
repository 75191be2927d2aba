/*
 * Static variables with new names, or are they new ones?
 *
 * replaces: first second
 * says: count: is new, and cnt of the same type has gone
 * says: b: is new, and a of the same type has gone
 * output: old 8 9
 * output: new 8 9
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int cnt = 7; //-
static int count = 7; //+
__attribute__((noipa)) int first(int n)
{
	count += n; //+
	return count; //+
	cnt += n; //-
	return cnt; //-
}
__attribute__((noipa)) int second(int n)
{
	static int a = 8; //-
	static int b = 8; //+
	a += n; //-
	return a; //-
	b += n; //+
	return b; //+
}
int main(int argc, char **argv)
{
	printf("old %d %d\n", first(1), second(1));
	apply(argv[argc - 1]);
	printf("new %d %d\n", first(1), second(1));
	return 0;
}
