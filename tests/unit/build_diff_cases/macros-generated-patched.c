/*
 * The header with the macros is made of a file of the diff.
 *
 * tree: built
 * replaces: one two
 * output: 12 22
 * output: 14 23
 */
//@ Makefile
prog: one.o two.o main.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
one.o two.o: | limit.h
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
one.o: limit.h
limit.h: limit.tbl
	sed 's/^/#define LIMIT /' limit.tbl >limit.h
clean:
	rm -f *.o prog limit.h
//@ limit.tbl
2 //-
3 //+
//@ one.c
#include "limit.h"
int one(int v);
int one(int v) { return v > 100 ? 10 + LIMIT : v; } //-
int one(int v) { return v > 100 ? 11 + LIMIT : v; } //+
//@ two.c
#include "limit.h"
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
