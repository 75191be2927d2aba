/*
 * The target has no such function.
 *
 * exit: 2
 * says: refused: other: no such function in prog
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
int other(int a)
{
	return a;
}
OPUS_REPLACE(other);
#endif
