/*
 * A static function that is inlined into two others, static variables of the
 * file and of functions, a new function with data of its own.
 *
 * replaces: first second
 * output: old 101 202 1
 * output: new 16 36 2
 */
//@ a.h
struct req { char name[16]; int length; };
int first(struct req *r), second(struct req *r), calls(void);
//@ a.c
#include <assert.h>
#include <stdio.h>
#include "a.h"
static int hits, shift = 1;
static int limit(void) { static int at = 15; return at++; } //+
static int check(struct req *r)
{
	/* A comment that moves what //+
	 * is below. */ //+
	if (r->length > limit()) //+
		return limit() - 1; //+
	return r->length;
}
__attribute__((noipa)) int first(struct req *r)
{
	assert(r);
	hits += shift;
	return check(r) + shift;
}
__attribute__((noipa)) int second(struct req *r)
{
	return (check(r) + shift) * 2;
}
__attribute__((noipa)) int calls(void)
{
	static int count;
	assert(hits > 0);
	if (count > 1000)
		shift = hits = 0;
	return ++count;
}
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	struct req r = {"x", 100};
	int a = first(&r), b = second(&r);
	printf("old %d %d %d\n", a, b, calls());
	apply(argv[1]);
	a = first(&r), b = second(&r);
	printf("new %d %d %d\n", a, b, calls() + 0 * argc);
	return 0;
}
