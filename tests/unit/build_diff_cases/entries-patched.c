/*
 * A function walks through the entries that the linker has put together, and has
 * one itself: those of the target are meant, not those that the patch brings.
 *
 * replaces: total
 * output: old 111
 * output: new 311
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#define ENTRY(v) do { \
		static const int entry __attribute__((used, section("entries"))) = v; \
	} while (0)
extern const int __start_entries[], __stop_entries[];
__attribute__((noipa)) int other(void) { ENTRY(10); ENTRY(100); return 200; }
__attribute__((noipa)) int total(int sum)
{
	ENTRY(1);
	if (sum < 0) ENTRY(1000); //+
	sum += other(); //+
	for (const int *e = __start_entries; e != __stop_entries; e++)
		sum += *e;
	return sum;
}
int main(int argc, char **argv)
{
	printf("old %d\n", total(0));
	apply(argv[argc - 1]);
	printf("new %d\n", total(0));
	return 0;
}
