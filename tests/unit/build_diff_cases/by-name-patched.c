/*
 * A library calls its own exported function by name, through the linkage table or
 * without one: nobody has a copy of it.
 *
 * target: libpart.so
 * replaces: part
 * output: 2 9
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o libpart.so
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
libpart.so: part.o
	$(CC) -shared -o $@ $^
part.o: part.c
	$(CC) $(CFLAGS) -fPIC -c -o $@ $<
clean:
	rm -f *.o prog *.so
//@ part.c
int part(int v)
{
	return v * 2; //-
	return v * 9; //+
}
int by_table(int v) { return part(v) + 1; }
__attribute__((optimize("no-plt"))) int by_pointer(int v) { return part(v) + 2; }
int by_tail(int v) { return part(v); }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int by_tail(int v);
int main(int argc, char **argv)
{
	int old = by_tail(argc / argc);

	apply(argv[argc - 1]);
	printf("%d %d\n", old, by_tail(argc / argc));
	return 0;
}
