/*
 * The diff changes a test program too, which is not part of the target: no
 * reason for a warning.
 *
 * build: --strict
 * says: other/a.c:1: note: a.c: the diff changes it, but no target is made from it
 * silent: warning
 * replaces: user
 */
//@ Makefile
prog: src/a.c
	cd src && $(CC) -O2 -g -I$(OPUS_TOP) -c a.c && $(CC) -o ../prog a.o -L$(APPLY) -lapply -ldl
clean:
	rm -f prog src/a.o
//@ other/a.c
int b(void) { return 1; } //-
int b(void) { return 2; } //+
//@ src/a.c
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv) { return user(argc) + !argv; }
