/*
 * The diff changes what a source is generated from.
 *
 * replaces: use
 * output: 4
 */
//@ Makefile
prog: main.o use.o
	$(CC) -o $@ main.o use.o -L$(APPLY) -lapply -ldl
use.c: use.tmpl
	sed 's/@v@/int v/' use.tmpl >use.c
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
clean:
	rm -f prog use.c *.o
//@ use.tmpl
__attribute__((noipa)) int use(@v@)
{
	if (v > 4) v = 4; //+
	return v + (v > 1000);
}
//@ main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int use(int);
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", use(90));
	return 0;
}
