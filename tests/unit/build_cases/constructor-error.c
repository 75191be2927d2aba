/*
 * Code that would run while the patch is loaded.
 *
 * exit: 1
 * says: has constructors or destructors (section .init_array
 */
#ifndef PATCH
#include "tests/unit/build_apply.h"
__attribute__((noinline)) int first(int a)
{
	return a * a + 5;
}
int main(int argc, char **argv)
{
	apply(argv[1]);
	return first(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("constructor", "");
__attribute__((constructor)) static void early(void)
{
	__asm__ volatile("nop");
}
int first(int a)
{
	return a;
}
OPUS_REPLACE(first);
#endif
