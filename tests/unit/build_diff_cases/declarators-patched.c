/*
 * Several variables in one declaration, with a type of their own, old and new
 * among each other; parameters in the old style; arrays whose initialiser gives
 * their length; pointers to functions, one with any arguments.
 *
 * replaces: old_style step
 * output: 11 2 23 3 7
 * output: 112 4 27 3 107
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int a = 10, *at = &a, many[] = {1, 2, 3}, (*get)(int);
static struct { int x; char name[4]; } pair = {1, "ab"}, *pairs = &pair;
static int fresh = 100, (*say)(char *, size_t, const char *, ...) = snprintf, b = 20; //+
static int (*say)(char *, size_t, const char *, ...) = snprintf, b = 20; //-
static int same(int v) { return v; }
static __attribute__((noipa)) int sum(int n, ...) { return n + 0; } //-
static __attribute__((noipa)) int sum(int n, ...) { return n + !n; } //+
__attribute__((noipa)) int step(int v)
{
	static struct { long n; } last = {0}, *where;
	static int c = 1, d, e = 2; //-
	static int c = 1, d, e = 2, f = 10; //+
	a += v;
	b += c + e++;
	where = &last;
	where->n++;
	pairs->x += v;
	d = a;
	get = same;
	d += fresh + say(pairs->name, 4, "%s", "") + !say; //+
	say = v < 0 ? NULL : snprintf;
	return get(sum(d, 1, 2));
}
__attribute__((noipa)) int other(void)
{
	static struct { long n; } last = {1};
	return last.n++ + pair.x - 1 + *at * 0;
}
__attribute__((noipa)) int old_style(v, p)
	int v;
	int *p;
{
	p[0] += v; //-
	p[0] += v + 100; //+
	return b + (int)(sizeof(many) / sizeof(many[0])) * 0;
}
static int kept_old(v) int v; { return v * (int)sizeof(many) / 4; }
__attribute__((noipa)) int count(void) { return kept_old(1); }
int main(int argc, char **argv)
{
	int p[1] = {6}, q[5];

	q[0] = step(1), q[1] = other(), q[2] = old_style(1, p), q[3] = count();
	printf("%d %d %d %d %d\n", q[0], q[1], q[2], q[3], p[0]);
	apply(argv[argc - 1]);
	p[0] = 6;
	q[0] = step(1), q[1] = other(), q[2] = old_style(1, p), q[3] = count();
	printf("%d %d %d %d %d\n", q[0], q[1], q[2], q[3], p[0]);
	return 0;
}
