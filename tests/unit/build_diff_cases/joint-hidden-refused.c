/*
 * One patch for a program and its library, which has a function of its own that it does
 * not export, by a name that libc has: new code of both calls it, and each means another.
 *
 * target: libx.so
 * build: --target bin/prog
 * exit: 2
 * says: means its own, which it does not export
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
#include <stddef.h>
__attribute__((visibility("hidden"), noipa)) int ffsl(long v) { return v < 0 ? 700 : 1000; }
__attribute__((visibility("hidden"), noipa)) int ffsll(long long v) { return v < 0 ? 700 : 5000; }
int x_other(int v) { return ffsll(v); }
int x_new(int v) { return v + ffsl(v); } //+
__attribute__((noipa)) int x_call(int v)
{
	if (v < 0)
		return -7 * v;
	return v; //-
	return x_new(v); //+
}
//@ main.c
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include "tests/unit/build_apply.h"
int x_call(int v);
int x_new(int v); //+
__attribute__((noipa)) int work(int v)
{
	if (v < 0)
		return -v * 7;
	return x_call(v); //-
	return x_call(v) + ffsl(2 * v) + x_new(v) - x_new(v); //+
}
int main(int argc, char **argv)
{
	printf("%d\n", work(1));
	apply(argv[argc - 1]);
	printf("%d\n", work(1));
	return 0;
}
