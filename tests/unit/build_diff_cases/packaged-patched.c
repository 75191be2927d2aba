/*
 * A build that makes packages: of each program it leaves a stripped one and files
 * of debug information, which have no code in them, beside the one with both.
 *
 * strip: yes
 * replaces: user
 * says: the build made the same code again, with debug information
 * output: 2 3
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
all: prog
	for d in a b c d e f; do mkdir -p $$d/debug && \
		objcopy -S prog $$d/prog && \
		objcopy --only-keep-debug prog $$d/debug/prog.debug || exit 1; done
prog: a.o
	$(CC) -o $@ a.o -L$(APPLY) -lapply -ldl
clean:
	rm -rf a.o prog a b c d e f
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv)
{
	printf("%d ", user(1));
	apply(argv[argc - 1]);
	printf("%d\n", user(1));
	return 0;
}
