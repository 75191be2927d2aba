/*
 * A short function of a library, which other objects call by its name, and one
 * that a function of the library calls as well.
 *
 * library: yes
 * exit: 2
 * says: refused: library_tiny: is 1 bytes long, too short for the jump of 6 bytes
 * says: what to do: it is called by its name, also from other objects
 * says: refused: library_small: is 1 bytes long, too short for the jump of 6 bytes
 * says: under any name and without OPUS_REPLACE: library_user; and those in other objects
 */
int library_tiny(int), library_small(int), library_user(int);
#ifdef LIBRARY
#define FUNCTION(name, body)                                                   \
	__asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name  \
		": .cfi_startproc\n" body "\n.cfi_endproc\n.size " #name       \
		", . - " #name "\n")

FUNCTION(library_tiny, "ret");
FUNCTION(library_small, ".protected library_small\n ret");
FUNCTION(library_user, "call library_small\n incl %eax\n ret");
#elif !defined(PATCH)
int main(int argc, char **argv)
{
	return library_tiny(argc) + library_small(argc) + library_user(0 * !argv);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("short", "");
int library_tiny(int a)
{
	return a + 1;
}
OPUS_REPLACE(library_tiny);
int library_small(int a)
{
	return a + 1;
}
OPUS_REPLACE(library_small);
#endif
