/*
 * Constant data that changes, and everything through which it is read: a
 * function whose text changes as well, a table of pointers that is the same text,
 * a value that an enumerator has, one of a static in a function.
 *
 * replaces: both chain level local outer
 * output: old 2 1 abc 4 12
 * output: new 13 2 xyzu 5 14
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
enum { BASE, TOP = 4 }; //-
enum { BASE, MORE, TOP = 5 }; //+
static const int limits[] = {1, 2}; //-
static const int limits[] = {1, 2, 3}; //+
static const char first[] = "abc"; //-
static const char first[] = "xyzu"; //+
struct item { const char *name; };
static const struct item items[] = {{first}, {"other"}};
static const struct item *const all[] = {&items[0], &items[1], 0};
static const int tops[] = {TOP, TOP * 2};
__attribute__((noipa)) int both(int n)
{
	int last = limits[sizeof(limits) / sizeof(limits[0]) - 1];

	return last * n / n; //-
	return last * n / n + 10; //+
}
__attribute__((noipa)) int chain(int n)
{
	return all[n][0].name[0] == 'a' ? 1 : 2;
}
__attribute__((noipa)) const char *outer(int n)
{
	return items[n].name;
}
__attribute__((noipa)) int level(int n)
{
	return tops[n];
}
__attribute__((noipa)) int local(int n)
{
	static const int sums[] = {TOP + 8, TOP * 2 + 4};

	return sums[n];
}
__attribute__((noipa)) int untouched(int n)
{
	return n * 3;
}
int main(int argc, char **argv)
{
	printf("old %d %d %s %d %d\n", both(argc), chain(0), outer(0), level(0), local(0));
	apply(argv[argc - 1]);
	printf("new %d %d %s %d %d\n", both(argc), chain(0), outer(0), level(0), local(1));
	return untouched(0);
}
