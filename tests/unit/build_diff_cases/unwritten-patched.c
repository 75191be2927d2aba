/*
 * Static variables that nothing writes are constant, though they are not called so:
 * a list that grows, one in a function, one that leads to strings, a pointer of which
 * parts are taken by others, too.
 *
 * replaces: has letter local_sum name_of
 * silent: warning
 * output: 0 6 two ab 1 10 three bb
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
static char *letters = "abcdef";
__attribute__((noipa)) char first(const char *s) { return *s; }
__attribute__((noipa)) char letter(int n)
{
	return first(&letters[n]); //-
	return first(&letters[n + 1]); //+
}
__attribute__((noipa)) char other(int n) { return first(&letters[n & 7]); }
int main(int argc, char **argv)
{
	printf("%d %d %s %c%c ", has(9), local_sum(1), name_of(1), letter(0), other(1));
	apply(argv[argc - 1]);
	printf("%d %d %s %c%c\n", has(9), local_sum(1), name_of(1), letter(0), other(1));
	return 0;
}
