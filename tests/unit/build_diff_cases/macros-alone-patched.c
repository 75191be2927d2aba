/*
 * The Makefile does not know who includes a header, and the tree is built: two.c
 * uses no more than its macros, of which debug information says nothing, and
 * includes it by another header.
 *
 * tree: built
 * replaces: one two
 * output: 12 22
 * output: 14 23
 */
//@ Makefile
prog: one.o two.o main.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -Ih -c -o $@ $<
clean:
	rm -f *.o prog
//@ h/limit.h
#define LIMIT 2 //-
#define LIMIT 3 //+
//@ h/all.h
#  include <limit.h>
//@ one.c
#include "limit.h"
int one(int v);
int one(int v) { return v > 100 ? 10 + LIMIT : v; } //-
int one(int v) { return v > 100 ? 11 + LIMIT : v; } //+
//@ two.c
#include "h/all.h"
int two(int v);
int two(int v) { return v > 100 ? 20 + LIMIT : v; }
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
