/*
 * What is built lies in a folder beside the source tree, which stays as it is,
 * too.
 *
 * tree: built
 * beside: out
 * replaces: user
 * output: old 2
 * output: new 3
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv)
{
	int (*volatile run)(int) = user;

	printf("old %d\n", run(argc / argc));
	apply(argv[argc - 1]);
	printf("new %d\n", run(argc / argc));
	return 0;
}
//@ Makefile
all: ../out/prog
	cp ../out/prog prog
../out/a.o: a.c
	mkdir -p ../out
	cd ../out && $(CC) -O2 -g -I$(OPUS_TOP) -c -o a.o $(CURDIR)/a.c
	date +%N >../out/stamp
../out/prog: ../out/a.o
	$(CC) -o $@ $< -L$(APPLY) -lapply -ldl
