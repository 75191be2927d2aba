/*
 * Static variables that nothing writes are constant, though they are not called so:
 * a list that grows, one in a function, one that leads to strings.
 *
 * replaces: has local_sum name_of
 * silent: warning
 * output: 0 6 two 1 10 three
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int included[] = {
	9, //+
	5, 3, 1, 0};
static char *names[] = {"one", "two"}; //-
static char *names[] = {"one", "three", "four"}; //+
__attribute__((noipa)) int has(int n)
{
	for (int i = 0; included[i]; i++)
		if (included[i] == n)
			return 1;
	return 0;
}
__attribute__((noipa)) int local_sum(int n)
{
	static int parts[] = {1, 2, 3}; //-
	static int parts[] = {1, 2, 3, 4}; //+
	int sum = 0;
	for (unsigned int i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		sum += parts[i] * n;
	return sum;
}
__attribute__((noipa)) const char *name_of(int n) { return names[n]; }
int main(int argc, char **argv)
{
	printf("%d %d %s ", has(9), local_sum(1), name_of(1));
	apply(argv[argc - 1]);
	printf("%d %d %s\n", has(9), local_sum(1), name_of(1));
	return 0;
}
