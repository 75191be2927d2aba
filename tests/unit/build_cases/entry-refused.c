/*
 * Entries at which no jump can be written.
 *
 * exit: 2
 * says: refused: tiny: is 1 bytes long, too short for the jump of 6 bytes
 * says: replace the functions that call it, with the new one beside them
 * says: main
 * says: refused: back: the branch at
 * says: leads back into the
 * says: refused: label: an address in the data at
 * says: refused: taken: the address used at
 * says: refused: entered: the branch at
 * says: in enters leads back into the
 * says: refused: counted: has a loop, jrcxz or xbegin instruction
 * says: refused: through: calls another function within its first bytes
 */
#ifndef PATCH
#include "tests/unit/build_apply.h"

#define FUNCTION(name, body)                                                   \
	int name(int);                                                         \
	__asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name  \
		": .cfi_startproc\n" body "\n.cfi_endproc\n.size " #name       \
		", . - " #name "\n")

FUNCTION(tiny, "ret");
FUNCTION(behind, "movl %edi, %eax\n ret\n .balign 16");
FUNCTION(back, "incl %edi\n 1: decl %edi\n cmpl $3, %edi\n jg 1b\n movl %edi, %eax\n ret");
FUNCTION(label, "incl %edi\n .Linside: incl %edi\n movl %edi, %eax\n movl %eax, %ecx\n ret");
FUNCTION(taken, "incl %edi\n 2: incl %edi\n leaq 2b(%rip), %rax\n movl %eax, %eax\n ret");
FUNCTION(entered, "incl %edi\n .Lsecond: incl %edi\n movl %edi, %eax\n ret");
FUNCTION(enters, "testl %edi, %edi\n je .Lsecond\n movl %edi, %eax\n ret");
FUNCTION(counted, "movl %edi, %ecx\n 3: loop 3b\n movl %edi, %eax\n ret");
FUNCTION(through, "call *%rax\n call *%rdx\n movl %edi, %eax\n ret");
__asm__(".data\n.balign 8\n.quad .Linside\n.text\n");

int main(int argc, char **argv)
{
	if (argc > 7)
		apply(argv[1]);
	return tiny(1) + back(2) + label(3) + taken(4) + entered(8) + enters(9) + counted(5) + through(6) +
	       behind(7);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("entry", "");
#define NEW(name)                                                              \
	int name(int a)                                                        \
	{                                                                      \
		return a + 1;                                                  \
	}                                                                      \
	OPUS_REPLACE(name)
NEW(tiny);
NEW(back);
NEW(label);
NEW(taken);
NEW(counted);
NEW(entered);
NEW(through);
#endif
