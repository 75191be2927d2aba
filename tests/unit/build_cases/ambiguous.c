/*
 * The same name twice, and the author says which one.
 *
 * library: yes
 * build: --target prog
 * output: same 1
 * output: new 1
 * output: new 2
 */
#include <stdio.h>
#ifndef PATCH
__attribute__((noinline, noclone)) static int same(int a)
{
	return printf("same %d\n", a) + a;
}
#endif

#ifdef LIBRARY
int library_call(int a)
{
	return same(a) + same(a + 1);
}
#elif !defined(PATCH)
#include "tests/unit/build_apply.h"
int library_call(int a);
int main(int argc, char **argv)
{
	if (argc > 1)
		apply(argv[1]);
	return !(same(1) + library_call(1));
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("ambiguous", "");
int same(int a)
{
	return printf("new %d\n", a);
}
OPUS_REPLACE_IN(same, "libcase.so:build_cases/ambiguous.c");
#endif
