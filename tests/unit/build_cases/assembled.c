/*
 * Debug information by the assembler: its version is no compiler's.
 *
 * variant: gcc -O2 -Wa,-g
 * says: patch assembled, 1 function
 * silent: was made by
 * output: 2 4
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

__attribute__((noipa)) int twice(int v) { return v < 0 ? -v * 7 : 2 * v; }

int main(int argc, char **argv)
{
	printf("%d ", twice(1));
	apply(argv[argc - 1]);
	printf("%d\n", twice(2) - 2);
	return 0;
}

#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("assembled", "three times");

int twice(int v) { return v < 0 ? -v * 7 : 3 * v; }
OPUS_REPLACE(twice);
#endif
