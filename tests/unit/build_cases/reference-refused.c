/*
 * References that a patch cannot have.
 *
 * variant: gcc -O2 -g
 * exit: 2
 * says: refused: static_thread: is a thread-local variable of the target, and an ordinary one in the patch
 * says: refused: first_thread: is thread-local in the patch, and no such variable of a target
 * says: refused: gone: has no address in prog: the compiler optimised it away
 * says: refused: nowhere: no such function or variable in the target
 * says: refused: elsewhere: no such function or variable from other.c
 * says: refused: twice: there are several: twice.
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

int first_thread;
static __thread int static_thread;
static int gone = 3;
static int elsewhere;

__attribute__((noinline)) int first(int a)
{
	static int twice;

	return twice += a + first_thread++ + static_thread++ + gone + elsewhere++;
}
__attribute__((noinline)) int second(int a)
{
	static int twice;

	return twice += a;
}
int main(int argc, char **argv)
{
	if (argc > 7)
		apply(argv[1]);
	return first(argc) + second(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("reference", "");
extern __thread int first_thread;
extern int static_thread OPUS_REF(static_thread);
extern int gone OPUS_REF(gone);
extern int nowhere OPUS_REF(nowhere);
extern int elsewhere OPUS_REF(elsewhere);
OPUS_REF_IN(elsewhere, "other.c", "");
extern int twice OPUS_REF(twice);
int first(int a)
{
	return a + first_thread + static_thread + gone + nowhere + elsewhere + twice;
}
OPUS_REPLACE(first);
#endif
