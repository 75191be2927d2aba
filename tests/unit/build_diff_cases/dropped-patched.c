/*
 * Compiled and linked by one command, with a pipe and sections; variables that
 * are only declared; functions that the linker dropped, and a variable with them.
 *
 * replaces: use
 * output: 5
 * output: -2
 */
//@ Makefile
prog: a.c b.c
	$(CC) -pipe -O2 -g -I$(OPUS_TOP) -ffunction-sections -fdata-sections -Wl,--gc-sections -fno-common -o $@ a.c b.c -L$(APPLY) -lapply -ldl
clean:
	rm -f prog
//@ b.c
int shared;
static int unused_state;
int never(int v) { return unused_state += v; }
__attribute__((noipa)) int use(int v)
{
	static int last;
	if (v < 0) return never(v); //+
	if (v > 4) v = 4; //+
	shared++;
	return last = v + shared + (v > 1000);
}
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int use(int);
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", use(90));
	printf("%d\n", use(-2));
	return 0;
}
