/*
 * One declaration names variables that there are and one that nobody has.
 *
 * replaces: one two
 * output: 1 20
 * output: 2 30
 */
//@ h.h
extern char counts[], nowhere[], *names;
int one(int v), two(int v);
//@ a.c
#include "h.h"
char counts[4] = {1, 2, 3, 4};
__attribute__((noipa)) int one(int v) { return counts[v & 0]; } //-
__attribute__((noipa)) int one(int v) { return counts[v & 1] + *names - 'a'; } //+
//@ b.c
#include "h.h"
char *names = "ab";
__attribute__((noipa)) int two(int v) { return counts[v & 1] * 10; } //-
__attribute__((noipa)) int two(int v) { return counts[(v & 1) + 1] * 10 + *names - 'a'; } //+
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "h.h"
int main(int argc, char **argv)
{
	volatile int v = 1;

	printf("%d %d\n", one(v), two(v));
	apply(argv[argc - 1]);
	printf("%d %d\n", one(v), two(v));
	return 0;
}
