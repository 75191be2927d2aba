/*
 * The Makefile does not know who includes a header, and the tree is built. What does
 * not reach the header is not compiled again: three.c has another of its name beside
 * it, and four.c says by its dependencies that it does not read it. Neither is what is
 * in another program, which this compiler cannot make.
 *
 * tree: built
 * replaces: one two
 * says: -o two.o
 * silent: -o sub/three.o
 * silent: -o four.o
 * silent: -o other.o
 * silent: warning
 * output: 12 22 32 42
 * output: 14 23 32 42
 */
//@ Makefile
prog: one.o two.o four.o main.o sub/three.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
	@test -e other.o || $(CC) -DOTHER -c -o other.o other.c
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -Ih -c -o $@ $<
four.o: four.c
	$(CC) -O2 -g -MMD -Ih -c -o $@ $<
clean:
	rm -f *.o *.d sub/*.o prog
//@ h/limit.h
#define LIMIT 2 //-
#define LIMIT 3 //+
//@ one.c
#include "h/limit.h"
int one(int v);
int one(int v) { return v > 100 ? 10 + LIMIT : v; } //-
int one(int v) { return v > 100 ? 11 + LIMIT : v; } //+
//@ two.c
#include "limit.h"
int two(int v);
int two(int v) { return v > 100 ? 20 + LIMIT : v; }
//@ sub/limit.h
#define LIMIT 32
//@ sub/three.c
#include "limit.h"
int three(int v);
int three(int v) { return v > 100 ? LIMIT : v; }
//@ four.c
#ifdef ANOTHER_SYSTEM
#include <limit.h>
#else
#define LIMIT 2
#endif
int four(int v);
int four(int v) { return v > 100 ? 40 + LIMIT : v; }
//@ other.c
#include "h/limit.h"
#ifndef OTHER
#error "not with these flags"
#endif
int other(int v);
int other(int v) { return v + LIMIT; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int one(int v), two(int v), three(int v), four(int v);
int main(int argc, char **argv)
{
	printf("%d %d %d %d\n", one(argc + 100), two(argc + 100), three(argc + 100), four(argc + 100));
	apply(argv[argc - 1]);
	printf("%d %d %d %d\n", one(argc + 100), two(argc + 100), three(argc + 100), four(argc + 100));
	return 0;
}
