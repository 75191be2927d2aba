/*
 * A library that the patch leaves alone, and that is a target as well, has functions of
 * its own which it does not export, by names that libc has: new code of the program
 * means libc's. What it exports of that kind, the program gets.
 *
 * target: libx.so
 * build: --target bin/prog
 * replaces: work
 * output: 0
 * output: 2001
 */
//@ Makefile
CFLAGS = -O2 -g -fno-builtin -I$(OPUS_TOP)
prog: main.c libx.so
	$(CC) $(CFLAGS) -o $@ main.c -L. -lx -L$(APPLY) -lapply -ldl
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ x.c
__attribute__((visibility("hidden"), noipa)) int ffsl(long v) { return v < 0 ? 700 : 1000; }
__attribute__((noipa)) int ffsll(long long v) { return v < 0 ? 700 : 2000; }
int x_call(int v);
int x_call(int v) { return ffsl(v) + ffsll(v) - 3000; }
//@ main.c
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include "tests/unit/build_apply.h"
int x_call(int v);
__attribute__((noipa)) int work(int v)
{
	if (v < 0)
		return -v * 7;
	return x_call(v); //-
	return x_call(v) + ffsl(v) + ffsll(v); //+
}
int main(int argc, char **argv)
{
	printf("%d\n", work(1));
	apply(argv[argc - 1]);
	printf("%d\n", work(1));
	return 0;
}
