/*
 * The target was made by clang, and with flags that matter; the patch by GCC
 * without them.
 *
 * make: CC=clang-14
 * command: make CC=gcc CFLAGS=-O2
 * says: warning: user: prog was made by clang 14.0.6, the patch is by GNU
 * replaces: user
 * output: 2 3
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noinline)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noinline)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int (*volatile call)(int) = user;
int main(int argc, char **argv)
{
	printf("%d ", call(1));
	apply(argv[argc - 1]);
	printf("%d\n", call(1));
	return 0;
}
