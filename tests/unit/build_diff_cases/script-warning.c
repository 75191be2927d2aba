/*
 * The diff changes scripts that the build runs: what they make is in the target,
 * C and assembly.
 *
 * replaces: user
 * says: fast.s:1: warning: fast.s: is assembly, which is not compared: this part of the fix is not in the patch
 * silent: slow.s:1
 * output: old 2 7
 * output: new 3 7
 */
//@ Makefile
prog: a.o fast.o slow.o user.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
user.c: user.py
	python3 user.py >$@
%.s: asm/%.sh
	sh asm/$*.sh >$@
%.o: %.s
	$(CC) -g -c -o $@ $<
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
.SECONDARY:
clean:
	rm -f *.o prog user.c *.s
//@ user.py
print('int user(int v);')
print('int user(int v) { return v < 0 ? -v * 7 : v * 2; }') //-
print('int user(int v) { return v < 0 ? -v * 7 : v * 3; }') //+
//@ asm/fast.sh
echo .globl fast
echo .type fast, @function
echo 'fast: movl $7, %eax' //-
echo 'fast: movl $8, %eax' //+
echo ret
echo .size fast, . - fast
echo .section .note.GNU-stack,\"\",@progbits
//@ asm/slow.sh
# the same as ever //-
# the same as before //+
echo .globl slow
echo 'slow: movl $7, %eax'
echo ret
echo .section .note.GNU-stack,\"\",@progbits
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int fast(void), slow(void), user(int v);
int main(int argc, char **argv)
{
	int (*volatile run)(int) = user;

	printf("old %d %d\n", run(argc / argc), fast() + slow() - 7);
	apply(argv[argc - 1]);
	printf("new %d %d\n", run(argc / argc), fast() + slow() - 7);
	return 0;
}
