/*
 * A file without debug information: its static functions are not those of others, in
 * libraries too, and its hidden ones are.
 *
 * replaces: use
 * output: 1
 * output: 6
 */
//@ Makefile
prog: a.o b.o c.o
	$(CC) -o $@ a.o b.o c.o -L$(APPLY) -lapply -ldl
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
b.o: b.c
	$(CC) -O2 -c -o $@ $<
clean:
	rm -f prog *.o
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int use(int v);
int main(int argc, char **argv)
{
	printf("%d\n", use(1));
	apply(argv[argc - 1]);
	printf("%d\n", use(-1));
	return 0;
}
//@ b.c
#include <stdio.h>
int other(int v), hidden(int v);
static __attribute__((noinline)) long labs(long v) { return printf("another's %ld\n", v); }
int other(int v) { return (int)labs(v) + (int)labs(v + 1); }
__attribute__((visibility("hidden"))) int hidden(int v) { return v + 5; }
//@ c.c
#include <stdlib.h>
int other(int v), hidden(int v), use(int v);
__attribute__((noipa)) int use(int v)
{
	long (*volatile positive)(long) = labs; //+
	if (v < 0) return hidden((int)positive(v)); //+
	return v > 9 ? other(v) : v;
}
