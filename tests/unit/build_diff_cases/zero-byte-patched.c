/*
 * In the middle of the diff is the file of a test, as text with a byte 0 in it;
 * what comes behind it counts.
 *
 * zero: ZERO
 * replaces: first second
 * output: 3 30
 */
//@ a.c
__attribute__((noipa)) int first(void)
{
	return 1;	//-
	return 10;	//+
}
//@ crash
what was there
\\%')ZEROnorm0z=ZERO	//+
qe sm:d	//+
//@ z.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int first(void);
__attribute__((noipa)) int second(void)
{
	return 2;	//-
	return 20;	//+
}
int main(int argc, char **argv)
{
	printf("%d ", first() + second());
	apply(argv[argc - 1]);
	printf("%d\n", first() + second());
	return 0;
}
