/*
 * Sources are compiled by links to them in another folder, where the headers are
 * that they include.
 *
 * replaces: user
 * output: old 2
 * output: new 3
 */
//@ src/a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "made.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * TWO; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * THREE; } //+
int main(int argc, char **argv)
{
	int (*volatile run)(int) = user;

	printf("old %d\n", run(argc / argc));
	apply(argv[argc - 1]);
	printf("new %d\n", run(argc / argc));
	return 0;
}
//@ Makefile
prog: src/a.c
	mkdir -p made
	ln -sf ../src/a.c made/a.c
	printf '#define TWO 2\n#define THREE 3\n' >made/made.h
	cd made && $(CC) -O2 -g -I$(OPUS_TOP) -c a.c
	$(CC) -o $@ made/a.o -L$(APPLY) -lapply -ldl
clean:
	rm -rf made prog
