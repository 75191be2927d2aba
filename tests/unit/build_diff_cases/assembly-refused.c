/*
 * Assembly that has the address of a static variable in an instruction: the code
 * of the patch lies too far away, and only the linker would have seen it.
 *
 * exit: 2
 * says: refused: secret: is named by assembly of the new code
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int secret __attribute__((used)) = 5;
__attribute__((noipa)) int secret_read(void)
{
	int v;
	__asm__("movl secret(%%rip), %0" : "=r"(v));
	return v; //-
	return v + 1; //+
}
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", secret_read());
	return 0;
}
