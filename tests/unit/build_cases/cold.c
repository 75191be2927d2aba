/*
 * The cold part belongs to the function.
 *
 * variant: gcc -O2 -g
 * variant: gcc -O2 -g -gdwarf-4
 * variant: gcc -O2
 * build: -v
 * says: handle: 2 ranges
 */
#ifndef PATCH
#include <stdio.h>
#include <stdlib.h>
#include "tests/unit/build_apply.h"

__attribute__((cold, noinline)) static void complain(int a)
{
	printf("cold %d\n", a);
}
__attribute__((noinline)) int handle(int a)
{
	if (__builtin_expect(a < 0, 0)) {
		complain(a);
		complain(a + 1);
		abort();
	}
	return a * a + printf("%d\n", a);
}
int main(int argc, char **argv)
{
	if (argc > 7)
		apply(argv[1]);
	return handle(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("cold", "");
int handle(int a)
{
	return a + 1002;
}
OPUS_REPLACE(handle);
#endif
