/*
 * Built outside of the source's folder, from an archive and with ld -r; one
 * source twice in the target, with other macros.
 *
 * exit: 2
 * says: src/use.c:1: refused: src/use.c: is in prog several times, compiled in different ways
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP) -I../src
all:
	mkdir -p out && $(MAKE) -C out -f ../src/inner.mk && cp out/prog prog
clean:
	rm -rf out prog
//@ src/inner.mk
VPATH = ../src
prog: main.o both.o libuse.a
	$(CC) -o $@ main.o both.o -L. -luse -L$(APPLY) -lapply -ldl
both.o: use-a.o other.o
	ld -r -o $@ use-a.o other.o
libuse.a: use-b.o
	ar rcs $@ $^
use-a.o: use.c
	$(CC) -O2 -g -I$(OPUS_TOP) -DNAME=use_a -DFACTOR=1 -c -o $@ $<
use-b.o: use.c
	$(CC) -O2 -g -I$(OPUS_TOP) -DNAME=use_b -DFACTOR=2 -c -o $@ $<
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
//@ src/use.c
static int factor = FACTOR;
__attribute__((noipa)) int NAME(int v)
{
	if (v > 4) v = 4; //+
	return v * factor + (v > 1000);
}
//@ src/other.c
int other(int v) { return v; }
//@ src/main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int use_a(int), use_b(int), other(int);
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d %d\n", use_a(other(90)), use_b(80));
	return 0;
}
