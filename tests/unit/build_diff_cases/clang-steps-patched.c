/*
 * One command compiles with clang and links, which it does by running itself.
 *
 * replaces: user
 * output: 2 3
 */
//@ Makefile
prog: a.c b.c
	clang-14 -O2 -g -I$(OPUS_TOP) -o $@ a.c b.c -L$(APPLY) -lapply -ldl
clean:
	rm -f prog
//@ b.c
int user(int v);
int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int user(int v);
int main(int argc, char **argv)
{
	int old = user(argc / argc);

	apply(argv[argc - 1]);
	printf("%d %d\n", old, user(argc / argc));
	return 0;
}
