/*
 * A function with code of its own that is inlined elsewhere as well.
 *
 * exit: 2
 * says: refused: check: has been inlined into 2 functions of prog
 * says: replace these too: second (
 * says: first (
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

static inline __attribute__((always_inline)) int check_all(int a)
{
	return a > 10 ? a * 3 : a;
}
int check(int a)
{
	if (a > 100)
		printf("large %d\n", a);
	return check_all(a);
}
__attribute__((noinline)) int first(int a)
{
	return check(a) + 1;
}
__attribute__((noinline)) int second(int a)
{
	return check(a + 1) * 2;
}
int (*volatile call)(int) = check;
int main(int argc, char **argv)
{
	if (argc > 7)
		apply(argv[1]);
	return first(argc) + second(argc) + call(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("inlined", "");
int check(int a)
{
	return a + 5;
}
OPUS_REPLACE(check);
#endif
