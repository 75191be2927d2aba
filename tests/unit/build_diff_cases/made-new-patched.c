/*
 * The Makefile does not know who includes a header, has no way to clean, and can be
 * configured once only: all are made again that were left out, also those of whose
 * use of the header debug information does not tell.
 *
 * tree: built
 * silent: warning
 * replaces: one three two
 * output: 12 22 2
 * output: 13 23 3
 */
//@ Makefile
prog: a.o b.o c.o main.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
%.o: %.c config.h
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
a.o: h/limit.h
config.h: Makefile
	test ! -e $@
	touch $@
//@ h/limit.h
#define LIMIT 2 //-
#define LIMIT 3 //+
static inline int limited(int v) { return v > LIMIT ? LIMIT : v; }
//@ a.c
#include "h/limit.h"
int one(int v);
int one(int v) { return 10 + limited(v); }
//@ b.c
#include "h/limit.h"
int two(int v);
int two(int v) { return 20 + limited(v); }
//@ c.c
#include "h/limit.h"
int three(int v);
int three(int v) { return v > 100 ? LIMIT : v * 7; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int one(int v), two(int v), three(int v);
int main(int argc, char **argv)
{
	printf("%d %d %d\n", one(argc + 100), two(argc + 100), three(argc + 100));
	apply(argv[argc - 1]);
	printf("%d %d %d\n", one(argc + 100), two(argc + 100), three(argc + 100));
	return 0;
}
