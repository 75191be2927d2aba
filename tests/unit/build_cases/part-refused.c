/*
 * A function whose start GCC has inlined into its callers; the rest is a clone.
 *
 * variant: gcc -O2 -g
 * exit: 2
 * says: refused: look: exists in prog only as look.part.0
 * says: under any name and without OPUS_REPLACE: first, second
 */
#ifndef PATCH
#include "tests/unit/build_apply.h"
#include <stdio.h>

static int look(const char *text)
{
	int sum = 0;

	if (!text)
		return 0;
	for (int i = 0; text[i]; i++) {
		printf("%d %c\n", i, text[i]);
		sum += text[i] * i;
		if (sum > 1000)
			printf("much: %d of %s\n", sum, text);
	}
	puts(text);
	return sum;
}
int __attribute__((noipa)) first(const char *text)
{
	return look(text) + 1;
}
int __attribute__((noipa)) second(const char *text)
{
	return look(text) * 2;
}
int main(int argc, char **argv)
{
	apply(argv[1]);
	return first(argv[0]) + second(argc > 9 ? NULL : argv[0]);
}
#else
#include <opus-livepatch/patch.h>

OPUS_PATCH("part", "cannot be");
int look(const char *text)
{
	return text != 0;
}
OPUS_REPLACE(look);
#endif
