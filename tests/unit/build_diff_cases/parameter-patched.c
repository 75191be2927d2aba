/*
 * A static recursive function gets a parameter: it is new, and its callers are
 * replaced.
 *
 * replaces: match
 * output: 1 1
 * output: 1 0
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int walk(const char *s, int depth); //-
static int walk(const char *s, int depth, int limit); //+
__attribute__((noipa)) int match(const char *s)
{
	return walk(s, 0); //-
	return walk(s, 0, 3); //+
}
static int walk(const char *s, int depth) //-
static int walk(const char *s, int depth, int limit) //+
{
	if (depth > limit) //+
		return 0; //+
	if (*s == 0)
		return 1;
	return s[1] == ')' ? 1 : walk(s + 1, depth + 1); //-
	return s[1] == ')' ? 1 : walk(s + 1, depth + 1, limit); //+
}
int main(int argc, char **argv)
{
	printf("%d %d\n", match("ab"), match("abcdefghi"));
	apply(argv[argc - 1]);
	printf("%d %d\n", match("ab"), match("abcdefghi"));
	return 0;
}
