/*
 * Several sources in one call of the compiler, which come from a response file;
 * a second call compiles one of them for something else.
 *
 * replaces: a_step b_step
 * output: 11 22
 * output: 111 122
 */
//@ Makefile
prog: a.c b.c main.c
	echo '-O2 -g -I$(OPUS_TOP) -c' >args
	echo "a.c 'b.c' main.c" >>args
	$(CC) -DOTHER -O1 -c a.c -o other.o
	$(CC) @args
	$(CC) -o $@ a.o b.o main.o -L$(APPLY) -lapply -ldl
clean:
	rm -f *.o prog args
//@ a.c
#ifdef OTHER
int other;
#endif
static int state = 10;
__attribute__((noipa)) int a_step(int v)
{
	state += v;
	return state; //-
	return state + 100 - v; //+
}
//@ b.c
static int state = 20;
__attribute__((noipa)) int b_step(int v)
{
	state += v;
	return state + v; //-
	return state + 100 - v + v; //+
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int a_step(int v), b_step(int v);
int main(int argc, char **argv)
{
	printf("%d ", a_step(1));
	printf("%d\n", b_step(1));
	apply(argv[argc - 1]);
	printf("%d ", a_step(1));
	printf("%d\n", b_step(1));
	return 0;
}
