/*
 * clang knows all callers of a static function, and that one parameter is
 * always the same: no caller passes it.
 *
 * variant: clang -O2 -g
 * exit: 2
 * says: refused: work: does not use its parameter `s` in the target
 * says: replace the functions that call it
 * says: handle
 */
#ifndef PATCH
#include <stdio.h>
#include <string.h>
#include "tests/unit/build_apply.h"

__attribute__((noinline)) static int work(int a, const char *s)
{
	return printf("%d\n", a) * (int)strlen(s);
}
__attribute__((noinline)) int handle(int a)
{
	return work(a, "abcd") + work(a + 1, "abcd");
}
int main(int argc, char **argv)
{
	apply(argv[1]);
	return handle(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("dropped", "");
int work(int a, const char *s)
{
	return a + *s;
}
OPUS_REPLACE(work);
#endif
