/*
 * A library that the patch leaves alone is a target as well: what the program asks the
 * process for, the new code asks the process for. A program that is not
 * position-independent has another address for the library's function.
 *
 * target: libx.so
 * build: --target bin/prog
 * replaces: run
 * output: 1
 * output: 2
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.c libx.so
	$(CC) $(CFLAGS) -fno-pie -no-pie -o $@ main.c -L. -lx -L$(APPLY) -lapply -ldl
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ x.c
int x_default(int v) { return v < 0 ? -v * 5 : v / 3; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int x_default(int v);
int (*call)(int) = x_default;
__attribute__((noipa)) int run(int wanted(int), int v)
{
	if (v < 0)
		return -v * 7;
	if (wanted == x_default)
		return 1; //-
		return 2; //+
	return wanted(v) * 3 + 100;
}
int main(int argc, char **argv)
{
	printf("%d\n", run(call, 5));
	apply(argv[argc - 1]);
	printf("%d\n", run(call, 5));
	return 0;
}
