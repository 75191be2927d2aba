/*
 * First instructions that have to be rewritten when they are moved: operands
 * relative to rip, short jumps, a call. The old functions still work there.
 *
 * output: old 11 9 7 21 -1
 * output: new 1000 1000 1000 1000 1000
 * output: moved 12 9 7 21 -1
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

#define FUNCTION(name, body)                                                   \
	int name(int);                                                         \
	__asm__(".text\n.balign 16\n.globl " #name "\n.type " #name ", @function\n" \
		#name ": .cfi_startproc\n" body "\n.cfi_endproc\n.size " #name \
		", . - " #name "\n")

int number = 10;
FUNCTION(relative, "addl $1, number(%rip)\n movl number(%rip), %eax\n ret");
FUNCTION(short_jump, "testl %edi, %edi\n js 1f\n jz 2f\n movl $9, %eax\n ret\n"
		     "1: movl $-1, %eax\n ret\n 2: movl $0, %eax\n ret");
FUNCTION(jump, "jmp 3f\n nop\n nop\n nop\n nop\n 3: movl $7, %eax\n ret");
FUNCTION(calls, "call short_jump\n addl $12, %eax\n ret");

int main(int argc, char **argv)
{
	static const char *const names[] = {"relative", "short_jump", "jump", "calls"};
	int (*old[4])(int);

	printf("old %d %d %d %d %d\n", relative(1), short_jump(1), jump(1), calls(1),
	       short_jump(-1));
	apply(argv[1]);
	printf("new %d %d %d %d %d\n", relative(1), short_jump(1), jump(1), calls(1),
	       short_jump(-1));
	for (int i = 0; i < 4; i++)
		*(void **)&old[i] = apply_old(names[i]);
	/* The moved call goes to short_jump, which is new. */
	printf("moved %d %d %d %d %d\n", old[0](1), old[1](1), old[2](1),
	       old[3](1) - 1000 + 9, old[1](-1));
	return 0 * argc;
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("entry", "");
#define NEW(name)                                                              \
	int name(int a)                                                        \
	{                                                                      \
		return a ? 1000 : 2000;                                        \
	}                                                                      \
	OPUS_REPLACE(name)
NEW(relative);
NEW(short_jump);
NEW(jump);
NEW(calls);
#endif
