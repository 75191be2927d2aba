/*
 * A variable that the old program sets and never reads: the compiler has
 * dropped it, so the new reader would find nothing.
 *
 * exit: 2
 * says: a.c:3: refused: hits: is not in prog, for the compiler had no use for it: count
 * silent: limit
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
	count(argc);
	printf("%d %s\n", get(argc), argv[0]);
	return 0;
}
