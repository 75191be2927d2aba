/*
 * The address of a library's function, of which a program that is not
 * position-independent has an entry of its own: the new code compares it with the one
 * that the program gives, though the diff changes that function, too.
 *
 * target: libx.so
 * replaces: x_default x_run
 * output: 0
 * output: 1
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.c libx.so
	$(CC) $(CFLAGS) -fno-pie -no-pie -o $@ main.c -L. -lx -L$(APPLY) -lapply -ldl
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ x.c
__attribute__((noipa)) int x_default(int v) { return v < 0 ? -v * 5 : v / 3; } //-
__attribute__((noipa)) int x_default(int v) { return v < 1 ? -v * 5 : v / 3; } //+
__attribute__((noipa)) int x_run(int call(int), int v)
{
	if (call == x_default)
		return 0; //-
		return 1; //+
	return call(v) * 3 + 1;
}
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int x_default(int v), x_run(int call(int), int v);
int main(int argc, char **argv)
{
	printf("%d\n", x_run(x_default, 5));
	apply(argv[argc - 1]);
	printf("%d\n", x_run(x_default, 5));
	return 0;
}
