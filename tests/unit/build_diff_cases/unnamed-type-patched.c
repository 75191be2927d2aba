/*
 * Variables of types without a name, which clang calls by their lines: these move.
 *
 * replaces: find
 * output: old 7 2 8
 * output: new 8 2 8
 */
//@ a.c
#include <stdio.h>
#include <string.h>
#include "tests/unit/build_apply.h"

 //+
static struct { const char *name; int value; } words[] = {
	{"a", 1}, {"b", 7},
};
static enum { OFF, ON } mode = ON;
static const union { int n; char c; } fixed = {.n = 8};
__attribute__((noipa)) int find(const char *name)
{
	int more = 0; //-

	int more = 1; //+
	static union { int n; char c; } count;

	mode = OFF;
	count.n++;
	words[1].value = count.n > 1 ? 7 : words[1].value;
	return strcmp(words[1].name, name) == 0 ? words[1].value + more : count.n;
}
__attribute__((noipa)) int set(void) { return words[0].value++ + mode; }
int main(int argc, char **argv)
{
	printf("old %d %d %d\n", find("b"), set(), fixed.n);
	apply(argv[argc - 1]);
	printf("new %d %d %d\n", find("b"), set(), fixed.n);
	return 0;
}
