/*
 * A variable that exists becomes unsigned: its bytes stay, and who reads it reads
 * them in another way.
 *
 * replaces: check other
 * output: old 1 1 -4
 * output: new 0 0 -4
 */
//@ a.h
extern int shared; //-
extern unsigned shared; //+
int check(void), other(void), kept(void);
//@ b.c
#include "a.h"
__attribute__((noipa)) int other(void)
{
	return shared < 100;
}
//@ a.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int shared = -4; //-
unsigned shared = -4; //+
static int limit = -4; //-
static unsigned limit = -4; //+
__attribute__((noipa)) int check(void)
{
	return limit < 100;
}
__attribute__((noipa)) int kept(void)
{
	return limit++;
}
int main(int argc, char **argv)
{
	printf("old %d %d %d\n", check(), other(), kept());
	limit--;
	apply(argv[argc - 1]);
	printf("new %d %d %d\n", check(), other(), kept());
	return 0;
}
