/*
 * Link-time optimisation: a caller in another file relies on what the old function
 * leaves alone.
 *
 * make: CFLAGS=-O2 -g -flto
 * replaces: check handle
 * output: old 100
 * output: new 0
 */
//@ a.h
struct req { int length, bad; };
int check(struct req *r), handle(struct req *r), aside(struct req *r);
//@ a.c
#include "a.h"
__attribute__((noinline)) int check(struct req *r)
{
	if (r->length > 50) //+
		r->length = 0; //+
	return r->bad > 7 ? r->bad : 2;
}
//@ b.c
#include "a.h"
__attribute__((noinline, noclone)) int handle(struct req *r)
{
	int length = r->length;
	int bad = check(r);
	return bad > 1000 ? length : r->length;
}
__attribute__((noinline, noclone)) int aside(struct req *r) { return r->length + r->bad; }
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
static __attribute__((noipa)) int run(struct req *r) { return handle(r); }
int main(int argc, char **argv)
{
	struct req r = {100, 2};

	printf("old %d\n", run(&r) + 0 * aside(&r));
	apply(argv[argc - 1]);
	printf("new %d\n", run(&r));
	return 0;
}
