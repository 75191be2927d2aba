/*
 * clang with a precompiled header, which the diff changes.
 *
 * make: CC=clang-14
 * replaces: use
 * output: 50
 * output: 10
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o
	$(CC) -o $@ main.o -L$(APPLY) -lapply -ldl
all.h.pch: all.h
	$(CC) $(CFLAGS) -x c-header -o $@ all.h
main.o: main.c all.h.pch
	$(CC) $(CFLAGS) -include-pch all.h.pch -c -o $@ main.c
clean:
	rm -f *.o prog *.pch
//@ all.h
#include <stdio.h>
#define MOST 1000 //-
#define MOST 10 //+
//@ main.c
#include "tests/unit/build_apply.h"
__attribute__((noinline)) int use(int v)
{
	return v > MOST ? MOST : v;
}
int (*volatile call)(int) = use;
int main(int argc, char **argv)
{
	printf("%d\n", call(50));
	apply(argv[argc - 1]);
	printf("%d\n", call(50));
	return 0;
}
