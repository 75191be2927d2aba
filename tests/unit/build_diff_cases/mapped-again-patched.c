/*
 * The name in the debug information is that below the tree, and the source is
 * compiled once more for something that is no target, as libtool does.
 *
 * replaces: checked limit_of
 * output: 16 17
 * output: 116 117
 */
//@ Makefile
prog: a.c main.c
	$(CC) -O2 -g -ffile-prefix-map=$(CURDIR)=. -I$(OPUS_TOP) -fPIC -c a.c -o a.o
	$(CC) -O2 -g -ffile-prefix-map=$(CURDIR)=. -I$(OPUS_TOP) -c a.c -o static.o
	$(CC) -O2 -g -ffile-prefix-map=$(CURDIR)=. -I$(OPUS_TOP) -c main.c -o main.o
	$(CC) -o $@ a.o main.o -L$(APPLY) -lapply -ldl
clean:
	rm -f *.o prog
//@ a.c
static int most = 16;
static inline __attribute__((always_inline)) int limit(int v)
{
	return v + most; //-
	return v + most + 100; //+
}
__attribute__((noipa)) int checked(int v)
{
	return limit(v);
}
__attribute__((noipa)) int limit_of(void)
{
	most++; //-
	most += 1; //+
	return limit(0);
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int checked(int v), limit_of(void);
int main(int argc, char **argv)
{
	printf("%d ", checked(0));
	printf("%d\n", limit_of());
	apply(argv[argc - 1]);
	printf("%d ", checked(-1));
	printf("%d\n", limit_of() - 1);
	return 0;
}
