/*
 * Two targets have a function of one name: the one that the program is linked with
 * is meant, not another program's.
 *
 * target: libx.so
 * build: --target bin/prog --target before/aside
 * tree: built
 * command: make -B
 * replaces: use
 * objects: libx.so prog
 * output: 3
 * output: 103
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
all: prog aside
prog: main.o libx.so
	$(CC) -o $@ main.o -L. -lx -L$(APPLY) -lapply -ldl
libx.so: step.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ step.c
aside: aside.o
	$(CC) -o $@ aside.o
clean:
	rm -f *.o prog aside *.so
//@ step.c
int other(int v) { return v < 0 ? -v : 3 * v; }
int input(int v) { return other(v); }
//@ aside.c
int input(int v) { return v > 5 ? -v : v; }
int main(int argc, char **argv) { return input(argc) + !argv; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int input(int v), other(int v);
__attribute__((noipa)) int use(int v)
{
	if (v < 0)
		return -v * 3;
	return other(v); //-
	return input(v) + 100; //+
}
int main(int argc, char **argv)
{
	printf("%d\n", use(1));
	apply(argv[argc - 1]);
	printf("%d\n", use(1));
	return 0;
}
