/*
 * The build command is not the one that the target was made with.
 *
 * command: make CFLAGS=-O0
 * replaces: user
 * says: warning: user: the build makes other code of the old source than prog has
 * output: 2 3
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv)
{
	printf("%d ", user(1));
	apply(argv[argc - 1]);
	printf("%d\n", user(1));
	return 0;
}
