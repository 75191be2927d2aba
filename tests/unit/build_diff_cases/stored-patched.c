/*
 * A variable that all store and nobody reads: the compiler has dropped it, and nobody
 * sees that the new code has its own.
 *
 * replaces: set
 * silent: warning
 * output: empty
 * output: 0 0
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static const char *group = "none";
__attribute__((noipa)) int set(const char *name)
{
	if (!name[0]) //+
		return puts("empty") < 0; //+
	group = name;
	return 0;
}
__attribute__((noipa)) void other(int v)
{
	group = v ? "other" : "none";
}
int main(int argc, char **argv)
{
	int old = set("");

	other(argc);
	apply(argv[argc - 1]);
	printf("%d %d\n", old, set(""));
	return 0;
}
