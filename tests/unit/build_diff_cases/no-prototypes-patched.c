/*
 * Functions without prototypes, as before C89: who calls them has nothing new.
 *
 * replaces: add low mid user
 * silent: warning
 * output: old 3 -94 16 22
 * output: new 4 -94 17 2
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int add();
int sub();
int low(short), none(char, float);
static int mid(char);
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
/* These have prototypes, of types that are not passed as they are without. */
__attribute__((noipa)) int none(c, f) char c; float f; { return c + (int)f; }
__attribute__((noipa)) static int mid(c) char c;
{
	return c + none(c - 1, 0.5f); //-
	return c + none(c, 0.5f); //+
}
__attribute__((noipa)) int low(s) short s;
{
	s = s > 6 ? 0 : s; //+
	return none(s, 2.5f) + mid(s);
}
__attribute__((noipa)) int user(int n) { return sub(n, 'a'); }
int main(int argc, char **argv)
{
	printf("old %d %d %d %d\n", add(1, 2), user(3), low(5), low(7));
	apply(argv[argc - 1]);
	printf("new %d %d %d %d\n", add(1, 2), user(3), low(5), low(7));
	return 0;
}
