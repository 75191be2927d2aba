/*
 * The diff changes the options of the compiler, too.
 *
 * exit: 1
 * says: the new source does not compile as the old one did (see above); the diff changes
 */
//@ Makefile
prog: a.c
	$(CC) -O2 -g -I$(OPUS_TOP) -o $@ a.c -L$(APPLY) -lapply -ldl //-
	$(CC) -O2 -g -I$(OPUS_TOP) -DMOST=9 -o $@ a.c -L$(APPLY) -lapply -ldl //+
clean:
	rm -f prog
//@ a.c
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v > MOST ? MOST : v; } //+
int main(int argc, char **argv) { apply(argv[argc - 1]); return user(0); }
