/*
 * A global function, and a variable, behind more static ones of their names than a
 * lookup keeps.
 *
 * replaces: use
 * output: 1
 * output: 4719
 */
//@ Makefile
TEN := s.o s.o s.o s.o s.o s.o s.o s.o s.o s.o
prog: a.o b.o s.o c.o
	$(CC) -o $@ a.o b.o $(TEN) $(TEN) $(TEN) $(TEN) $(TEN) $(TEN) $(TEN) c.o -L$(APPLY) -lapply -ldl
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
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
	printf("%d\n", use(7));
	return 0;
}
//@ b.c
int twice(int v), use(int v);
extern int several;
__attribute__((noipa)) int use(int v)
{
	if (v > 5) return twice(v) + several; //+
	return v;
}
//@ c.c
int twice(int v);
int several = 4705;
int twice(int v) { return 2 * v; }
//@ s.c
static int several __attribute__((used)) = 1;
__attribute__((used)) static int twice(int v) { return v; }
