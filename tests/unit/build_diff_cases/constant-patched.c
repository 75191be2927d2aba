/*
 * A number between those of the function's lines is no line number.
 *
 * replaces: limit
 * output: 6 9
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int limit(void)
{

	return 6; //-
	return 9; //+

}
int main(int argc, char **argv)
{
	printf("%d ", limit());
	apply(argv[argc - 1]);
	printf("%d\n", limit());
	return 0;
}
