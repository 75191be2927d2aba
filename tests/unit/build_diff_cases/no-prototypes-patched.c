/*
 * Functions without prototypes, as before C89: who calls them has nothing new.
 *
 * replaces: add user
 * silent: warning
 * output: old 3 -94
 * output: new 4 -94
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int add();
int sub();
__attribute__((noipa)) int add(a, b) int a; char b;
{
	a++; //+
	return a + b;
}
__attribute__((noipa)) int sub(a, b)
	int a; //-
	long a; //+
	char b;
{
	return (int)a - b;
}
__attribute__((noipa)) int user(int n) { return sub(n, 'a'); }
int main(int argc, char **argv)
{
	printf("old %d %d\n", add(1, 2), user(3));
	apply(argv[argc - 1]);
	printf("new %d %d\n", add(1, 2), user(3));
	return 0;
}
