/*
 * The debug information has no folders (-ffile-prefix-map); two files have one
 * name.
 *
 * replaces: b_get
 * output: 11 22
 * output: 11 25
 */
//@ Makefile
CFLAGS = -O2 -g
prog: main.o a/a.o b/b.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
main.o: main.c
	$(CC) $(CFLAGS) -I$(OPUS_TOP) -c main.c
a/a.o b/b.o: %.o: %.c
	cd $(*D) && $(CC) $(CFLAGS) -ffile-prefix-map=$(CURDIR)/$(*D)=. -c $(*F).c
clean:
	rm -f *.o */*.o prog
//@ a/a.c
static int state = 10;
__attribute__((noipa)) int a_get(void) { return ++state; }
//@ b/b.c
static int state = 20;
__attribute__((noipa)) int b_get(void) { state++; return ++state; } //-
__attribute__((noipa)) int b_get(void) { state += 2; return ++state; } //+
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int a_get(void), b_get(void);
int main(int argc, char **argv)
{
	printf("%d ", a_get());
	printf("%d\n", b_get());
	apply(argv[argc - 1]);
	printf("%d ", a_get() - 1);
	printf("%d\n", b_get());
	return 0;
}
