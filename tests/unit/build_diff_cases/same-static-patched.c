/*
 * A program and a library are made from one source; the new code in each calls a
 * static function that calls it, and each has its own.
 *
 * target: libx.so
 * build: --target bin/prog
 * silent: there are several
 * says: case-libx.so.opus: patch fix-libx.so, 1 function
 */
//@ Makefile
CFLAGS = -O2 -g
all: prog libx.so
prog: a.c
	$(CC) $(CFLAGS) -o $@ a.c
libx.so: a.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ a.c
clean:
	rm -f prog libx.so
//@ a.c
#include "inner.h"
__attribute__((noipa)) int S_inner(int v)
{
	return v > 9 ? parse(v - 3) + 1 : v;
}
int other(int v);
int other(int v) { return S_inner(v); }
int main(int argc, char **argv) { return parse(argc) + !argv; }
__attribute__((noipa)) int parse(int v)
{
	return v * 3; //-
	return S_inner(v * 2); //+
}
//@ inner.h
int parse(int v);
static int S_inner(int v);
