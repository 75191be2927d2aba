/*
 * A new source file, with its line in the Makefile.
 *
 * replaces: use
 * output: 4
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
OBJ = main.o //-
OBJ = main.o new.o //+
prog: $(OBJ)
	$(CC) -o $@ $(OBJ) -L$(APPLY) -lapply -ldl
clean:
	rm -f *.o prog
//@ main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int limit(int v); //+
__attribute__((noipa)) int use(int v)
{
	v = limit(v); //+
	return v + v / 3;
}
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", use(70));
	return 0;
}
//@ new.c
int limit(int v); //+
static const int most[] = {3, 4}; //+
int limit(int v) { return v > most[0] ? most[0] : v; } //+
