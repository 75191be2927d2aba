/*
 * The fix is one of options alone.
 *
 * exit: 2
 * says: Makefile:1: warning: Makefile: changes options by which the target is built
 * says: refused: fix.diff: changes no source of a target, only options by which it is built
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP) //-
CFLAGS = -O2 -g -I$(OPUS_TOP) -DCHECKED //+
prog: main.o
	$(CC) -o $@ main.o -L$(APPLY) -lapply -ldl
clean:
	rm -f *.o prog
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int use(int v)
{
#ifdef CHECKED
	if (v > 4) return 4;
#endif
	return v < 0 ? -v * 3 : v;
}
int main(int argc, char **argv)
{
	printf("%d\n", use(50));
	apply(argv[argc - 1]);
	printf("%d\n", use(50));
	return 0;
}
