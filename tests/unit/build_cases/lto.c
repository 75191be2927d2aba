/*
 * Link-time optimisation: names, units and inlined copies over its borders.
 *
 * variant: gcc -O2 -g -flto
 * variant: gcc -O2 -g -flto -fPIC -ffat-lto-objects
 * variant: clang -O2 -g -flto
 * output: old 23 14
 * output: new 106 14
 */
#ifndef PATCH
#include <stdio.h>
#include "tests/unit/build_apply.h"

static int base = 4;
int shown;
int (*volatile keep)(int);

__attribute__((noinline, noclone)) static int work(int a)
{
	static int hits = 2;

	shown += printf("%s", "");
	hits += shown;
	if (a > 1000)
		base = hits = a;
	return base * 5 + a + hits / 2;
}
__attribute__((noinline)) int handle(int a)
{
	return work(a) + shown;
}
int main(int argc, char **argv)
{
	keep = work;
	printf("old %d %d\n", handle(argc), 10 + base);
	apply(argv[1]);
	printf("new %d %d\n", handle(argc), 10 + base);
	return 0;
}
#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("lto", "");
extern int base OPUS_REF(base);
OPUS_REF_IN(base, "lto.c", "");
extern int hits OPUS_REF(hits);
OPUS_REF_IN(hits, "", "work");
int work(int a)
{
	return 98 + hits + a + base;
}
OPUS_REPLACE_IN(work, "build_cases/lto.c");
#endif
