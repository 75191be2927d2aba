/*
 * The build puts what it compiles together from parts, in a built tree.
 *
 * tree: built
 * replaces: user
 * silent: no target is made from it
 * output: 1 5
 */
//@ Makefile
CFLAGS = -O2 -g
prog: all.o main.o
	$(CC) $(CFLAGS) -o $@ $^ -L$(APPLY) -lapply -ldl
main.o: main.c lib.h
	$(CC) $(CFLAGS) -I$(OPUS_TOP) -c -o $@ main.c
all.o: all.c lib.h
	$(CC) $(CFLAGS) -c -o $@ all.c
all.c: parts/one.c parts/two.c
	cat parts/one.c parts/two.c >$@
lib.h: lib.in.h
	sed 's/@TYPE@/int/' lib.in.h >$@
clean:
	rm -f *.o prog all.c lib.h
//@ lib.in.h
@TYPE@ user(void), two(void);
#define MORE 0 //-
#define MORE 2 //+
//@ parts/one.c
#include "lib.h"
static int hidden = 1;
//@ parts/two.c
__attribute__((noipa)) int user(void) { return hidden + MORE; } //-
__attribute__((noipa)) int user(void) { return hidden + MORE + 2; } //+
__attribute__((noipa)) int two(void) { return ++hidden; }
//@ main.c
#include <stdio.h>
#include "lib.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	if (argc > 5)
		two();
	printf("%d ", user());
	apply(argv[argc - 1]);
	printf("%d\n", user());
	return 0;
}
