/*
 * The fix adds a function to a library, and calls it in the program: one patch
 * for both.
 *
 * target: libx.so
 * build: --target bin/prog
 * replaces: get use
 * says: cap is new in libx.so, and prog uses it: one patch for all targets
 * output: 50 51
 * output: 10 11
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o libx.so
	$(CC) -o $@ main.o -L. -lx -L$(APPLY) -lapply -ldl
libx.so: step.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ step.c
clean:
	rm -f *.o prog *.so
//@ step.c
int most = 10;
int cap(int v) { return v > most ? most : v; } //+
__attribute__((noipa)) int get(int v)
{
	if (v < 0)
		most = -v * 3;
	return v; //-
	return cap(v); //+
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int get(int v);
int cap(int v); //+
__attribute__((noipa)) int use(int v)
{
	if (v < 0)
		return -v * 3;
	return v + 1; //-
	return cap(v) + 1; //+
}
int main(int argc, char **argv)
{
	printf("%d %d\n", get(50), use(50));
	apply(argv[argc - 1]);
	printf("%d %d\n", get(50), use(50));
	return 0;
}
