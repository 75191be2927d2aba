/*
 * A static function becomes global, for another file to call it; a static
 * variable as well. Another file has a static function of that name.
 *
 * replaces: a_user helper user
 * output: old 0 7 7
 * output: new 10 7 110
 */
//@ a.h
int helper(int n); //+
extern int level; //+
int user(int n), other(int n);
//@ a.c
#include "a.h" //+
static int level = 3; //-
int level = 3; //+
__attribute__((noipa)) static int helper(int n) //-
__attribute__((noipa)) int helper(int n) //+
{
	return n + level;
}
int a_user(int n);
__attribute__((noipa)) int a_user(int n)
{
	return helper(n) + level++; //-
	return helper(n) + level++ + 100; //+
}
//@ c.c
__attribute__((noipa)) static int helper(int n)
{
	return n * 7;
}
int other(int n);
__attribute__((noipa)) int other(int n)
{
	return helper(n);
}
//@ b.c
#include "a.h"
__attribute__((noipa)) int user(int n)
{
	return n - 1; //-
	return helper(n) + level; //+
}
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int a_user(int n);
int main(int argc, char **argv)
{
	int a = a_user(1);

	printf("old %d %d %d\n", user(1), other(1), a);
	apply(argv[argc - 1]);
	a = a_user(2);
	printf("new %d %d %d\n", user(0), other(1), a);
	return 0;
}
