/*
 * The cold part has the name of the function, which is replaced by another of its names.
 *
 * variant: gcc -O2 -g
 * variant: gcc -O2
 * build: -v
 * says: attend: 2 ranges
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
int attend(int a) __attribute__((alias("handle")));
int main(int argc, char **argv)
{
	if (argc > 7)
		apply(argv[1]);
	return attend(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("cold", "");
int attend(int a)
{
	return a + 1002;
}
OPUS_REPLACE(attend);
#endif
