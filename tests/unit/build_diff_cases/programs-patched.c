/*
 * Two programs of one tree: the patch for one asks for nothing of the other,
 * not even what both take from a library.
 *
 * target: aside
 * build: --target bin/prog
 * replaces: step
 * objects: prog
 * says: case.opus: patch fix, 1 function
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
all: aside prog
prog: main.o
	$(CC) -o $@ main.o -L$(APPLY) -lapply -ldl -lm
aside: aside.c
	$(CC) $(CFLAGS) -o $@ aside.c -lm
clean:
	rm -f *.o prog aside
//@ aside.c
#include <math.h>
int main(int argc, char **argv)
{
	return (int)cos(argc) + !argv;
}
//@ main.c
#include "tests/unit/build_apply.h"
#include <math.h>
__attribute__((noipa)) static int step(int v)
{
	if (v < 0) return (int)cos(v); //+
	return v + v / 3;
}
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	return step(1) + (int)cos(argc);
}
