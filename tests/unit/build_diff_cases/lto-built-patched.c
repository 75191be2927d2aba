/*
 * Link-time optimisation in a built tree: the file with the copy is not compiled
 * unless all is.
 *
 * tree: built
 * replaces: in_a in_b
 * output: 4 6
 * output: 1004 1006
 */
//@ Makefile
CFLAGS = -O2 -g -flto
prog: a.o b.o main.o
	$(CC) $(CFLAGS) -o $@ $^ -L$(APPLY) -lapply -ldl
%.o: %.c
	$(CC) $(CFLAGS) -I$(OPUS_TOP) -c -o $@ $<
clean:
	rm -f *.o prog
//@ a.c
int small(int v), in_a(int v);
int small(int v) { return v * 2; } //-
int small(int v) { return v * 2 + 1000; } //+
__attribute__((noipa)) int in_a(int v) { return small(v); }
//@ b.c
int small(int v), in_b(int v);
__attribute__((noipa)) int in_b(int v) { return small(1) + v + (v > 100 ? v / 7 : 0); }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int in_a(int), in_b(int);
int main(int argc, char **argv)
{
	printf("%d %d\n", in_a(2), in_b(4));
	apply(argv[argc - 1]);
	printf("%d %d\n", in_a(2), in_b(4));
	return 0;
}
