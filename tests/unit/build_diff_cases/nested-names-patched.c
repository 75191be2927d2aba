/*
 * A tree whose folder is called as one within it ("before"), and in both are files
 * of one name, with static functions of one name.
 *
 * replaces: limit
 * says: /before/lib/u.c:1: limit: its text differs
 * silent: /before/before/lib/u.c:1
 * output: 40 90 5 90
 */
//@ Makefile
prog: main.o lib/u.o before/lib/u.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
clean:
	rm -f *.o */*.o */*/*.o prog
//@ lib/u.c
static __attribute__((noipa)) int limit(int v) { return v > 40 ? 40 : v; } //-
static __attribute__((noipa)) int limit(int v) { return v > 5 ? 5 : v; } //+
int one(int v) { return limit(v); }
//@ before/lib/u.c
static __attribute__((noipa)) int limit(int v) { return v > 90 ? 90 : v; }
int two(int v) { return limit(v); }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int one(int), two(int);
int main(int argc, char **argv)
{
	printf("%d %d ", one(100), two(100));
	apply(argv[argc - 1]);
	printf("%d %d\n", one(100), two(100));
	return 0;
}
