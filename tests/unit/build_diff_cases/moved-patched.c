/*
 * Functions that the fix moves to another file, and changes: a static one, of
 * which the text of its caller says nothing, and a global one.
 *
 * replaces: global_check user
 * output: old 1 1 1
 * output: new 2 2 2
 */
//@ a.h
int global_check(int n);
int check(int n); //+
int user(int n), far_user(int n);
//@ a.c
#include "a.h"
__attribute__((noipa)) static int check(int n) //-
{ //-
	return n > 5 ? 1 : 0; //-
} //-
__attribute__((noipa)) int global_check(int n) //-
{ //-
	return n > 6 ? 1 : 0; //-
} //-
__attribute__((noipa)) int user(int n)
{
	return check(n);
}
//@ b.c
#include "a.h"
__attribute__((noipa)) int check(int n) //+
{ //+
	return n > 5 ? 2 : 0; //+
} //+
__attribute__((noipa)) int global_check(int n) //+
{ //+
	return n > 6 ? 2 : 0; //+
} //+
__attribute__((noipa)) int kept(int n)
{
	return n;
}
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int far_user(int n)
{
	return global_check(n);
}
int main(int argc, char **argv)
{
	printf("old %d %d %d\n", user(7), far_user(7), global_check(8));
	apply(argv[argc - 1]);
	printf("new %d %d %d\n", user(7), far_user(7), global_check(8));
	return 0;
}
