/*
 * A name that stands for several implementations.
 *
 * exit: 2
 * says: refused: choose: chosen among several implementations when the program
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int plain(int a)
{
	return printf("%d\n", a);
}
static int (*resolve(void))(int)
{
	return plain;
}
int choose(int a) __attribute__((ifunc("resolve")));
int main(int argc, char **argv)
{
	apply(argv[1]);
	return choose(argc);
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("ifunc", "");
int choose(int a)
{
	return a;
}
OPUS_REPLACE(choose);
#endif
