/*
 * Variables that the linker dropped with all that used them: their descriptions say
 * that they are at address 0, where the ELF header lies or another variable of the
 * thread. The new code has its own. A function that it dropped is not there either.
 *
 * make: CFLAGS=-O2 -g -ffunction-sections -fdata-sections
 * make: LDFLAGS=-Wl,--gc-sections -Wl,-z,noseparate-code
 * says: never: the diff changes it, but prog has neither it nor a copy of it
 * silent: [lost]
 * silent: [copy]
 * replaces: use
 * output: 7
 * output: 40 3 9 5
 * output: 41 4 10 6
 */
//@ a.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
extern __thread int live;
int use(int v);
int main(int argc, char **argv)
{
	printf("%d\n", use(7));
	apply(argv[argc - 1]);
	use(0);
	use(1);
	return live - 40;
}
//@ b.c
#include <stdio.h>
__thread int live = 40;
static __thread int mine = 2;
int shared = 8;
static int count = 4;
int use(int v), never(int v), other(int v);
__attribute__((noipa)) int never(int v) { return mine += v; } //-
__attribute__((noipa)) int never(int v) { return mine -= v; } //+
__attribute__((noipa)) int other(int v) { return count += v + shared++; }
__attribute__((noipa)) int use(int v)
{
	mine++, shared++, count++; //+
	printf("%d %d %d %d\n", live + v, mine, shared, count); //+
	return live ? v : 0;
}
