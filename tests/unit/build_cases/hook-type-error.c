/*
 * A hook that expects something else than OPUS_HOOK says.
 *
 * exit: 1
 * says: hook look: by OPUS_HOOK its result and parameters are "int4 int8 ptr", but it has "int4 int4 ptr"
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
int look(int a, const char *b)
{
	return a + *b;
}
OPUS_HOOK(check, look, agent, "int64 a", "string b");
#endif
