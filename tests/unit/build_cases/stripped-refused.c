/*
 * A static function of a stripped program without its debug file.
 *
 * strip: all
 * exit: 2
 * says: refused: work: no such function in prog
 * says: what to do: a target is stripped: give its debug file with --debug
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noinline, noclone)) static int work(int a)
{
	return printf("%d\n", a);
}
int main(int argc, char **argv)
{
	apply(argv[1]);
	return work(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("stripped", "");
int work(int a)
{
	return a;
}
OPUS_REPLACE(work);
#endif
