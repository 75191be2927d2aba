/*
 * Callers of the old function pass other arguments.
 *
 * exit: 2
 * says: result and parameters were "int4 int4", are "int4 int4 ptr"
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
OPUS_PATCH("signature", "");
int first(int a, char *why)
{
	return a + !why;
}
OPUS_REPLACE(first);
#endif
