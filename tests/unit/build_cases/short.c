/*
 * Functions shorter than the jump: padding follows, or five bytes are enough.
 *
 * variant: gcc -O2 -g
 * variant: gcc -O2 -g -fcf-protection=full
 * output: 0 1 5 5
 * output: 7 8 9 5
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

__attribute__((noinline, noclone, noipa)) int zero(void)
{
	return 0;
}
__attribute__((noinline, noclone, noipa)) int same(int a)
{
	return a;
}
__attribute__((noinline, noclone, noipa)) int jumps(int a)
{
	return same(a + 0 * zero());
}
int five_bytes(void);
__asm__(".text\n.globl five_bytes\n.type five_bytes, @function\n"
	".balign 16\nfive_bytes: .cfi_startproc\n push $5\n .cfi_adjust_cfa_offset 8\n"
	" pop %rax\n .cfi_adjust_cfa_offset -8\n nop\n ret\n .cfi_endproc\n"
	".size five_bytes, . - five_bytes\n"
	".globl behind\n.type behind, @function\nbehind: ret\n.size behind, 1\n");

int main(int argc, char **argv)
{
	int (*old)(void);

	printf("%d %d %d %d\n", zero(), same(1), jumps(5), five_bytes());
	apply(argv[1]);
	*(void **)&old = apply_old("five_bytes");
	printf("%d %d %d %d\n", zero(), same(1), five_bytes(), old());
	return 0 * argc;
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("short", "");
int zero(void)
{
	return 7;
}
OPUS_REPLACE(zero);
int same(int a)
{
	return a + 7;
}
OPUS_REPLACE(same);
int five_bytes(void)
{
	return 9;
}
OPUS_REPLACE(five_bytes);
#endif
