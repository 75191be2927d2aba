/*
 * A function that nobody has.
 *
 * exit: 1
 * says: error: nobody_has_this: neither the patch, nor a target, nor a library
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
OPUS_PATCH("undefined", "");
int nobody_has_this(int);
int first(int a)
{
	return nobody_has_this(a);
}
OPUS_REPLACE(first);
#endif
