/*
 * A file that includes others, with static functions; a generated header.
 *
 * replaces: use
 * output: 12
 */
//@ Makefile
prog: all.c gen.h parts/use.inc.c parts/help.c
	$(CC) -O2 -g -I$(OPUS_TOP) -I. -o $@ all.c -L$(APPLY) -lapply -ldl
gen.h: gen.def
	sed 's/^/#define MOST /' gen.def >gen.h
clean:
	rm -f prog gen.h
//@ gen.def
100 //-
4 //+
//@ parts/help.c
static int calls;
static __attribute__((noinline)) int help(int v) { calls++; return v * 3; }
//@ parts/use.inc.c
static __attribute__((noipa)) int use(int v)
{
	if (v > MOST) v = MOST;
	return help(v) + (calls > 100);
}
//@ all.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
#include "gen.h"
#include "parts/help.c"
#include "parts/use.inc.c"
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", use(90));
	return 0;
}
