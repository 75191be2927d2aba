/*
 * clang passes what a pointer points to in the place of the pointer, under the same name:
 * a new function would take it for the pointer. Its callers are new, too.
 *
 * make: CC=clang-14
 * make: CFLAGS=-O3 -g
 * replaces: pairs user
 * output: old 26 13
 * output: new 33 17
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
struct pair { int a, b; };
static volatile int calls;
__attribute__((noinline)) static int read_it(int *p, int n)
{
	n++; //+
	return *p * n + *p / 3;
}
__attribute__((noinline)) static int read_pair(const struct pair *p, int n)
{
	n++; //+
	return p->a * n + p->b / 3;
}
__attribute__((noinline)) int user(int a, int b)
{
	calls++;
	return read_it(&a, b) + read_it(&b, a);
}
__attribute__((noinline)) int pairs(struct pair p, int b)
{
	struct pair q = {b, p.a};

	calls++;
	return read_pair(&p, b) + read_pair(&q, p.b);
}
int main(int argc, char **argv)
{
	printf("old %d %d\n", user(argc + 1, 4), pairs((struct pair){argc, 4}, argc));
	apply(argv[argc - 1]);
	printf("new %d %d\n", user(argc + 1, 4), pairs((struct pair){argc, 4}, argc));
	return 0;
}
