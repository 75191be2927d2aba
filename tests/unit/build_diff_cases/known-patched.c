/*
 * The old check() writes nothing, so its caller has kept the length in a
 * register over the call; and nobody wrote the limit, so it was a constant.
 * other() only has a string that moved, and stays.
 *
 * replaces: check handle limited
 * output: old 100 18 other
 * output: new 0 21 other
 */
//@ a.h
struct req { int length, bad; };
int check(struct req *r), handle(struct req *r), limited(int n);
const char *other(int n);
//@ a.c
#include "a.h"
static int limit = 15;
__attribute__((noinline)) int check(struct req *r)
{
	if (r->length > 50) { //+
		r->length = 0; //+
		limit = 20; //+
		return limit > 5 ? 1 : 0; //+
	} //+
	return r->bad > 7 ? r->bad : 2;
}
int handle(struct req *r)
{
	int length = r->length;
	int bad = check(r);
	return bad > 1000 ? length : r->length;
}
int limited(int n)
{
	return n > limit ? limit + 1 : limit + n;
}
const char *other(int n)
{
	return n > 3 ? "other" : "another";
}
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	struct req r = {100, 2};
	int n = handle(&r);
	printf("old %d %d %s\n", n, limited(3), other(argc + 3));
	apply(argv[1]);
	n = handle(&r);
	printf("new %d %d %s\n", n, limited(30), other(argc + 3));
	return 0;
}
