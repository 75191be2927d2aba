/*
 * A function that changed no memory, and now does: its caller read the variable
 * before the call and uses that.
 *
 * variant: gcc -O2 -g
 * says: warning: look: changed no memory before
 * says: if what it changes is read by its callers, replace them too
 * silent: warning: bump
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

static int count;
__attribute__((noinline, noclone)) static int look(int a)
{
	return a * 3 + count / 5;
}
__attribute__((noinline, noclone)) static int bump(int a)
{
	return count += a * 3;
}
int main(int argc, char **argv)
{
	count = argc;
	if (argc > 7)
		apply(argv[1]);
	return look(argc) + count + bump(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("quiet", "");
extern int count OPUS_REF(count);
int look(int a)
{
	return count += a;
}
OPUS_REPLACE(look);
int bump(int a)
{
	return count += a;
}
OPUS_REPLACE(bump);
#endif
