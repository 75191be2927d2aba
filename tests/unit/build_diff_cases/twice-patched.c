/*
 * Built outside of the source's folder, from an archive and with ld -r; one
 * source twice in the target, with other macros, and statics of the same names.
 *
 * replaces: bound bound use_a use_b
 * output: 90 160 2 2
 * output: 4 9 4 3
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
	$(CC) -O2 -g -I$(OPUS_TOP) -DNAME=use_a -DCALLS=calls_a -DFACTOR=1 -c -o $@ $<
use-b.o: use.c
	$(CC) -O2 -g -I$(OPUS_TOP) -DNAME=use_b -DCALLS=calls_b -DFACTOR=2 -c -o $@ $<
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
//@ src/use.c
static int factor = FACTOR;
static int calls = FACTOR - 1;
__attribute__((noipa)) static int bound(int v)
{
	calls++;
	if (v > 4) v = 4; //+
	return v + (v > 1000 ? calls : 0);
}
__attribute__((noipa)) int NAME(int v)
{
	int n = bound(v) * factor; //-
	int n = bound(v) * factor + FACTOR - 1; //+
	return n;
}
int CALLS(void) { return calls; }
//@ src/other.c
int other(int v) { return v; }
//@ src/main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int use_a(int), use_b(int), other(int), calls_a(void), calls_b(void);
static void show(void)
{
	int a = use_a(other(90)), b = use_b(80);

	printf("%d %d %d %d\n", a, b, calls_a() + 1, calls_b());
}
int main(int argc, char **argv)
{
	show();
	apply(argv[argc - 1]);
	use_a(1);
	show();
	return 0;
}
