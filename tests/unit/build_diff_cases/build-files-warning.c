/*
 * The fix is one of options, too.
 *
 * says: Makefile:2: warning: Makefile: changes options by which the target is built
 * replaces: use
 * output: 50
 * output: 10
 */
//@ Makefile
CFLAGS = -O2 -g \
	-I$(OPUS_TOP) //-
	-I$(OPUS_TOP) $(MORE) //+
MORE = -DCHECKED
prog: main.o
	$(CC) -o $@ main.o -L$(APPLY) -lapply -ldl
clean:
	rm -f *.o prog
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int use(int v)
{
	if (v > 10) return 10; //+
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
