/*
 * main() changes, too, and holds a copy of a changed function that it calls once
 * before it serves: it is not in the patch, which would wait for it for ever.
 *
 * replaces: serve
 * says: warning: main: is not left while the program runs, so it is not in the patch: its part of the change is missing
 * says: warning: main: sets strict, which is new, and serve reads it
 * output: old 3 2
 * output: new 3 20
 */
//@ a.c
#include <stdio.h>
#include <unistd.h>
#include "tests/unit/build_apply.h"
static int strict; //+
static int limit(int n)
{
	return n > 2 ? 2 : n; //-
	return n > 20 ? 20 : n; //+
}
__attribute__((noipa)) int serve(int n)
{
	if (strict) //+
		return 0; //+
	return limit(n);
}
int main(int argc, char **argv)
{
	int c, first = 0;

	while ((c = getopt(argc, argv, "n:")) != -1)
		first = limit(first) + c;
	first += limit(argc) + argc / 2;
	strict = argc > 5; //+
	for (int i = 0; i < 2; i++) {
		printf("%s %d %d\n", i ? "new" : "old", first, serve(100));
		if (i == 0)
			apply(argv[argc - 1]);
	}
	return 0;
}
