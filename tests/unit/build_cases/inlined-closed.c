/*
 * The same, but everything that holds a copy is replaced as well.
 *
 * output: old 3 6
 * output: new 107 214
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

static int check(int a)
{
	return a > 10 ? a * 3 : a;
}
__attribute__((noipa)) int first(int a)
{
	return check(a) + 1;
}
__attribute__((noipa)) int second(int a)
{
	return check(a + 1) * 2;
}
static int (*volatile call)(int) = check;
int main(int argc, char **argv)
{
	printf("old %d %d\n", first(argc), second(call(argc)));
	apply(argv[1]);
	printf("new %d %d\n", first(argc), second(argc + 4 * (call(argc) > 100)));
	return 0;
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("inlined", "");
int check(int a)
{
	return a > 10 ? 0 : a + 100;
}
OPUS_REPLACE(check);
int first(int a)
{
	return check(a) + 5;
}
OPUS_REPLACE(first);
int second(int a)
{
	return check(a + 1) * 2 - 0;
}
OPUS_REPLACE(second);
#endif
