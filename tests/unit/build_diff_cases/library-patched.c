/*
 * A library of the target was made once, with flags that its own Makefile does
 * not have; the build does not look into its folder again.
 *
 * tree: built
 * silent: nothing that the build compiled reads it
 * replaces: step
 * output: 15 16
 */
//@ Makefile
prog: a.o .prepared
	$(CC) -o $@ a.o lib/lib.a -L$(APPLY) -lapply -ldl
.prepared:
	$(MAKE) -C lib FLAGS="$(CFLAGS) -DBASE=10"
	touch $@
a.o: a.c
	$(CC) $(CFLAGS) -I$(OPUS_TOP) -c -o $@ $<
CFLAGS = -O2 -g
clean:
	rm -f a.o prog
distclean: clean
	rm -f .prepared lib/*.o lib/*.a
//@ lib/Makefile
FLAGS = -O1
lib.a: step.o
	ar rcs $@ $^
%.o: %.c
	$(CC) $(FLAGS) -c -o $@ $<
//@ lib/step.c
#ifndef BASE
#define BASE 1000
#endif
int step(int v);
int step(int v) { return v < 0 ? -v * 7 : BASE + v * 5; } //-
int step(int v) { return v < 0 ? -v * 7 : BASE + v * 6; } //+
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int step(int v);
int main(int argc, char **argv)
{
	int old = step(argc / argc);

	apply(argv[argc - 1]);
	printf("%d %d\n", old, step(argc / argc));
	return 0;
}
