/*
 * The new function is not there.
 *
 * exit: 1
 * says: first: the patch does not define it
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
OPUS_PATCH("missing", "");
int second(int a)
{
	return a;
}
OPUS_REPLACE(first);
#endif
