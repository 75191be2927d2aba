/*
 * There are five kinds of hooks.
 *
 * exit: 1
 * says: unknown kind of hook; there are check, pre_apply
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
OPUS_PATCH("hook", "");
int first(int a)
{
	return a;
}
OPUS_REPLACE(first);
int look(void)
{
	return 0;
}
OPUS_HOOK(before, look, agent);
#endif
