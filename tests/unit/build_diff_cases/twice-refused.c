/*
 * One source twice in the target, with a macro that the new code alone has: the
 * old code does not tell which is which.
 *
 * exit: 2
 * says: use.c:1: refused: use.c: is in prog several times, compiled in different ways, and two of them fit this part as well
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o a.o b.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
a.o: use.c
	$(CC) $(CFLAGS) -DLIMIT=3 -c -o $@ use.c
b.o: use.c
	$(CC) $(CFLAGS) -DLIMIT=4 -c -o $@ use.c
clean:
	rm -f *.o prog
//@ use.c
extern int (*step_of[2])(int), steps;
static int state;
__attribute__((noipa)) static int step(int v)
{
	state += v < 0 ? -7 * v : v;
	if (v > LIMIT) return -1; //+
	return state;
}
__attribute__((constructor)) static void join(void) { step_of[steps++] = step; }
//@ main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int (*step_of[2])(int), steps;
int main(int argc, char **argv)
{
	printf("%d", step_of[0](5));
	printf(" %d\n", step_of[1](6));
	apply(argv[argc - 1]);
	printf("%d", step_of[0](5));
	printf(" %d", step_of[1](6));
	printf(" %d\n", step_of[1](1));
	return 0;
}
