/*
 * A patch that replaces nothing and has no hook.
 *
 * exit: 3
 * says: neither OPUS_REPLACE nor OPUS_HOOK
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
OPUS_PATCH("nothing", "");
int first(int a)
{
	return a;
}
#endif
