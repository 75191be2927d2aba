/*
 * A static function of that name in the program and in its library.
 *
 * library: yes
 * build: --target prog
 * exit: 2
 * says: refused: same: there are several: same (
 * says: ambiguous-refused.c in libcase.so
 * says: ambiguous-refused.c in prog
 * silent: refused: other
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
	if (argc > 7)
		apply(argv[1]);
	return same(argc) + library_call(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("ambiguous", "");
int same(int a)
{
	return printf("new %d\n", a);
}
OPUS_REPLACE(same);
#endif
