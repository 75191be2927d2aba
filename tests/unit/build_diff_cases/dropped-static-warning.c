/*
 * Static variables of functions that the old code sets and never reads: the compiler has
 * dropped them. What was set before is lost to a new function that reads one.
 *
 * replaces: count limit
 * says: a.c:5: warning: last: (in count) is not in prog
 * silent: total: (in
 * silent: least: (in
 * output: 7 1 2
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int count(int v)
{
	static int last;
	static int total;

	if (last > 2) //+
		return last * 100; //+
	last = v;
	total = v;
	return v;
}
__attribute__((noipa)) int limit(int v)
{
	static int least = 2;

	return v < least ? least : v; //-
	return v <= least ? least : v; //+
}
int main(int argc, char **argv)
{
	int first = count(7), after;

	apply(argv[argc - 1]);
	after = count(1);
	printf("%d %d %d\n", first, after, limit(2));
	return 0;
}
