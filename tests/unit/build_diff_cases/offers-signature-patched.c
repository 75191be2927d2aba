/*
 * The fix gives a function of a library one more parameter, and the program calls
 * it with that: the old one, which the program has, would not look at it.
 *
 * target: libx.so
 * build: --target bin/prog
 * output: 50 51
 * output: 10 11
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o libx.so
	$(CC) -o $@ main.o -L. -lx -L$(APPLY) -lapply -ldl
libx.so: step.c step.h
	$(CC) $(CFLAGS) -fPIC -shared -o $@ step.c
main.o: step.h
clean:
	rm -f *.o prog *.so
//@ step.h
int cap(int v); //-
int cap(int v, int most); //+
int get(int v);
//@ step.c
#include "step.h"
static int calls;
__attribute__((noipa)) int cap(int v) { calls++; return v + (calls > 1000); } //-
__attribute__((noipa)) int cap(int v, int most) { calls++; return (v > most ? most : v) + (calls > 1000); } //+
__attribute__((noipa)) int get(int v)
{
	return cap(v); //-
	return cap(v, 10); //+
}
//@ main.c
#include <stdio.h>
#include "step.h"
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int use(int v)
{
	if (v < 0)
		return -v * 3;
	return cap(v) + 1; //-
	return cap(v, 10) + 1; //+
}
int main(int argc, char **argv)
{
	printf("%d %d\n", get(50), use(50));
	apply(argv[argc - 1]);
	printf("%d %d\n", get(50), use(50));
	return 0;
}
