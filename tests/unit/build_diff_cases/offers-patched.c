/*
 * A source that two programs share gets a new function, which one of them uses.
 * Another name of the changed function was meant as such.
 *
 * target: aside
 * build: --target bin/prog
 * replaces: step__internal
 * objects: prog
 * says: case.opus: patch fix, 1 function
 * silent: same-code
 * output: 4
 * output: 12
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
all: aside prog
prog: main.o util.o
	$(CC) -o $@ main.o util.o -L$(APPLY) -lapply -ldl -lm
aside: aside.o util.o
	$(CC) -o $@ aside.o util.o
clean:
	rm -f *.o prog aside
//@ util.h
int util_first(int v);
int util_second(int v); //+
//@ util.c
#include "util.h"
int util_first(int v) { return v + 1; }
int util_second(int v) { return v + 9; } //+
//@ aside.c
#include "util.h"
int main(int argc, char **argv)
{
	return util_first(argc) + !argv;
}
//@ main.c
#include <stdio.h>
#include "util.h"
#include "tests/unit/build_apply.h"
int step(int v);
extern __typeof(step) step__internal __attribute((visibility("hidden")));
#define step step__internal
__attribute__((noipa)) int step(int v)
{
	return util_first(v); //-
	return util_second(v); //+
}
#undef step
extern __typeof(step) step __attribute((alias("step__internal")));
int main(int argc, char **argv)
{
	printf("%d\n", step(argc + 1));
	apply(argv[argc - 1]);
	printf("%d\n", step(argc + 1));
	return 0;
}
