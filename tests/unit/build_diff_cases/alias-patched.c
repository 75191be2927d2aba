/*
 * Aliases and hidden names of what is not in the patch; assembler outside of
 * functions.
 *
 * make: CFLAGS=-O2 -g -fvisibility=hidden
 * replaces: user
 * output: 8
 * output: 9
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__asm__(".globl mark\nmark = 4");
#pragma GCC visibility push(hidden)
__attribute__((noipa)) int inner(int v) { return v + 1; }
extern __typeof(inner) inner_alias __attribute((alias("inner"), visibility("hidden")));
int state __attribute__((visibility("hidden"))) = 3;
extern int state_alias __attribute__((alias("state")));
#pragma GCC visibility pop
__attribute__((noipa)) int user(int v) { state++; return inner_alias(v) + state_alias; } //-
__attribute__((noipa)) int user(int v) { return inner_alias(v) + state_alias + 1; } //+
int main(int argc, char **argv)
{
	printf("%d\n", user(3));
	apply(argv[argc - 1]);
	printf("%d\n", user(3));
	return 0;
}
