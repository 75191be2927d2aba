/*
 * The function is there, but in another source file than the author says.
 *
 * exit: 2
 * says: refused: first: not in a source file "net/other.c", but there is first (
 * says: build_cases/unit-refused.c in prog at
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
OPUS_PATCH("unit", "");
int first(int a)
{
	return a;
}
OPUS_REPLACE_IN(first, "net/other.c");
#endif
