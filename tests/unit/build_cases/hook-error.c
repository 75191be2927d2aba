/*
 * A default that does not fit its type.
 *
 * exit: 1
 * says: hook argument "int32 limit=5000000000": not
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
int look(int limit)
{
	return limit;
}
OPUS_HOOK(check, look, agent, "int32 limit=5000000000");
#endif
