/*
 * The Makefile does not know who includes a list of macros, and the tree is built: the
 * build compiles nothing by itself, so that no command line tells where it is looked
 * for.
 *
 * tree: built
 * replaces: one two
 * silent: warning
 * output: 12 22
 * output: 13 23
 */
//@ Makefile
prog: one.o two.o main.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -Ilists -c -o $@ $<
clean:
	rm -f *.o prog
//@ lists/limits.def
LIMIT(2) //-
LIMIT(3) //+
//@ one.c
#define LIMIT(n) n
static const int most =
#include <limits.def>
;
int one(int v);
int one(int v) { return v > 100 ? 10 + most : v; }
//@ two.c
#define LIMIT(n) n
static const int most =
#include "lists/limits.def"
;
int two(int v);
int two(int v) { return v > 100 ? 20 + most : v; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int one(int v), two(int v);
int main(int argc, char **argv)
{
	printf("%d %d\n", one(argc + 100), two(argc + 100));
	apply(argv[argc - 1]);
	printf("%d %d\n", one(argc + 100), two(argc + 100));
	return 0;
}
