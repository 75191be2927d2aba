/*
 * A function that exists only inside others.
 *
 * exit: 2
 * says: refused: check: exists only inlined into other functions of prog
 * says: replace these as well, with the new check beside them: first
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

static inline int check(int a)
{
	return a > 10 ? a * 3 : a;
}
__attribute__((noinline)) int first(int a)
{
	return check(a) + 1;
}
int main(int argc, char **argv)
{
	if (argc > 7)
		apply(argv[1]);
	return first(argc);
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
