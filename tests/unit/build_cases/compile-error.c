/*
 * The compiler has the word.
 *
 * exit: 1
 * says: gcc failed; its words are above
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
OPUS_PATCH("compile", "");
int first(int a)
{
	return no_such_name;
}
OPUS_REPLACE(first);
#endif
