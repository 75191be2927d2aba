/*
 * The caller of the changed function is inlined into main(), which calls it: no
 * copy of the changed one is there, and main() can be left out.
 *
 * replaces: serve
 * says: warning: main: is not left while the program runs, so it is not in the patch
 * output: old 2
 * output: new 20
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) static int serve(int n)
{
	if (n > 1000)
		puts("many");
	return n > 2 ? 2 : n; //-
	return n > 20 ? 20 : n; //+
}
static int poll_once(int n)
{
	return serve(n);
}
int main(int argc, char **argv)
{
	if (argc > 100) //+
		return 1; //+
	for (int i = 0; i < 2; i++) {
		printf("%s %d\n", i ? "new" : "old", poll_once(99 + argc));
		if (i == 0)
			apply(argv[argc - 1]);
	}
	return 0;
}
