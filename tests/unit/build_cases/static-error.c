/*
 * The new function must be seen from outside.
 *
 * exit: 1
 * says: first: it is static in the patch; remove
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
OPUS_PATCH("static", "");
static __attribute__((used)) int first(int a)
{
	return a;
}
OPUS_REPLACE(first);
#endif
