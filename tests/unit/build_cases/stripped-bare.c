/*
 * A library stripped of everything: what it exports can be replaced, and its
 * cold part is found by the frames.
 *
 * variant: gcc -O2 -g
 * library: yes
 * strip: all
 * build: -v
 * says: handle: 2 ranges
 * output: old 14 cold 3
 * output: new 1004
 */
#include <stdio.h>
#include <stdlib.h>

#ifdef LIBRARY
__attribute__((cold, noinline)) static void complain(int a)
{
	printf(" cold %d\n", a);
}
int handle(int a)
{
	for (int i = 0; i < 3; i++) {
		if (__builtin_expect(a < i, 0)) {
			complain(a);
			complain(a + i);
			abort();
		}
		a += 5 - i;
	}
	return a;
}
#elif !defined(PATCH)
#include "tests/unit/build_apply.h"
int handle(int a);
int main(int argc, char **argv)
{
	printf("old %d cold 3\n", handle(argc));
	apply(argv[1]);
	printf("new %d\n", handle(argc));
	return 0;
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("bare", "");
int handle(int a)
{
	return a + 1002;
}
OPUS_REPLACE(handle);
#endif
