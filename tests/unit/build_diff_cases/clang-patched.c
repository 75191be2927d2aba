/*
 * The target's compiler is clang, and the patch's.
 *
 * make: CC=clang-14
 * silent: [compiler]
 * replaces: second step
 * output: 12 23 34
 * output: 114 125 137
 */
//@ a.h
static inline int twice(int v) { return 2 * v; } //-
static inline int twice(int v) { return 2 * v + 1; } //+
//@ a.c
#include "a.h"
static int state = 10;
static __thread int own = 20;
static const char *const words[] = {"one", "two"};
__attribute__((noinline)) int step(int v, int *other)
{
	static int count = 30;

	count += twice(v) + words[v & 1][0] * 0;
	own += twice(v) - 1;
	*other = own * 1000 + count;
	state += twice(v);
	return state; //-
	return state + 100 - v; //+
}
__attribute__((noinline)) int second(int v) { return v < 0 ? -twice(v) : v; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int step(int v, int *other), second(int v);
static void show(void)
{
	int other, a = step(1, &other);
	int more = a > 100 ? 100 : 0;

	printf("%d %d %d\n", a, other / 1000 + more + 2, other % 1000 + more + 2);
}
int main(int argc, char **argv)
{
	show();
	apply(argv[argc - 1]);
	show();
	return second(0);
}
