/*
 * A library whose function has a second exported name, behind its first
 * instruction: other objects jump there.
 *
 * library: yes
 * exit: 2
 * says: refused: whole: the exported name part leads into the
 */
#ifdef LIBRARY
__asm__(".text\n.globl whole, part\n.type whole, @function\n"
	".type part, @function\n"
	"whole: .cfi_startproc\n incl %edi\n"
	"part: incl %edi\n movl %edi, %eax\n ret\n.cfi_endproc\n"
	".size whole, . - whole\n.size part, . - part\n");
#elif !defined(PATCH)
#include "tests/unit/build_apply.h"

int whole(int);
int part(int);

int main(int argc, char **argv)
{
	(void)argv;
	return whole(part(argc));
}
#else
#include <opus-livepatch/patch.h>

OPUS_PATCH("exported", "cannot be");
int whole(int x)
{
	return x + 3;
}
OPUS_REPLACE(whole);
#endif
