/*
 * A stripped target whose debug file is found by .gnu_debuglink.
 *
 * variant: gcc -O2 -g
 * variant: gcc -O2 -g -gz
 * variant: clang -O2 -g
 * strip: debug
 * silent: there is no debug information
 * output: old 5 9
 * output: new 8 11
 */
#ifndef PATCH
#include <stdio.h>
#include <string.h>
#include "tests/unit/build_apply.h"

static int base = 4;
const char *label = "x";

__attribute__((noinline, noclone)) static int work(int a, const char *s)
{
	if (strlen(s) > 10)
		base = a;
	return base + a + (int)strlen(label);
}
__attribute__((noinline)) int handle(int a)
{
	return work(a, label) + work(a, label + 1) - 1;
}
int main(int argc, char **argv)
{
	printf("old %d", work(argc - 2, label));
	printf(" %d\n", handle(argc - 2));
	apply(argv[1]);
	printf("new %d", work(argc - 2, label));
	printf(" %d\n", handle(argc - 2));
	return 0;
}
#else
#include <opus-livepatch/patch.h>
#include <stdio.h>
OPUS_PATCH("stripped", "");
extern int base OPUS_REF(base);
extern const char *label;
int work(int a, const char *s)
{
	return base + a + 4 * (*s == *label) + 0 * printf("%s", "");
}
OPUS_REPLACE(work);
#endif
