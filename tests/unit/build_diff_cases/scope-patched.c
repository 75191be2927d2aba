/*
 * A static variable of the file becomes one of its only function, and the other way: it
 * is the same one.
 *
 * replaces: first second
 * output: old 8 9
 * output: new 9 10
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int in = 7; //-
static int out = 8; //+
__attribute__((noipa)) int first(int n)
{
	static int in = 7; //+
	in += n;
	return in;
}
__attribute__((noipa)) int second(int n)
{
	static int out = 8; //-
	out += n;
	return out;
}
int main(int argc, char **argv)
{
	printf("old %d %d\n", first(1), second(1));
	apply(argv[argc - 1]);
	printf("new %d %d\n", first(1), second(1));
	return 0;
}
