/*
 * The diff changes assembly, too, of which no patch can be made.
 *
 * replaces: user
 * says: fast.S:1: warning: fast.S: is assembly, which is not compared: this part of the fix is not in the patch
 * says: note: other.S: the diff changes it, but no target is made from it
 * output: old 2 7
 * output: new 3 7
 */
//@ Makefile
prog: a.o fast.o
	$(CC) -o $@ a.o fast.o -L$(APPLY) -lapply -ldl
%.o: %.S
	$(CC) -g -c -o $@ $<
a.o: a.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
clean:
	rm -f *.o prog
//@ other.S
	nop //-
	hlt //+
//@ fast.S
	.text
	.globl fast
	.type fast, @function
fast:
	movl $7, %eax //-
	movl $8, %eax //+
	ret
	.size fast, . - fast
	.section .note.GNU-stack,"",@progbits
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int fast(void);
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 2; } //-
__attribute__((noipa)) int user(int v) { return v < 0 ? -v * 7 : v * 3; } //+
int main(int argc, char **argv)
{
	int (*volatile run)(int) = user;

	printf("old %d %d\n", run(argc / argc), fast());
	apply(argv[argc - 1]);
	printf("new %d %d\n", run(argc / argc), fast());
	return 0;
}
