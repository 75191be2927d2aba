/*
 * A variable that the old program sets and never reads: the compiler has
 * dropped it. Who sets it is new as well, but what was set before is lost.
 *
 * replaces: count get
 * says: a.c:3: warning: hits: is not in prog, for the compiler had no use for it
 * silent: limit
 * output: 1 1 -1
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int hits;
static int limit = 7;
__attribute__((noipa)) void count(int v) { hits = v; }
__attribute__((noipa)) int get(int v)
{
	if (hits > 2) //+
		return -1; //+
	return v < limit ? v : limit;
}
int main(int argc, char **argv)
{
	int old, lost;

	count(5);
	old = get(1);
	apply(argv[argc - 1]);
	lost = get(1);
	count(5);
	printf("%d %d %d\n", old, lost, get(1));
	return 0;
}
