/*
 * A field, a result and a type become unsigned: no function's text changes, and
 * none that does not look at the sign.
 *
 * replaces: check parse sized
 * output: old 1 1 1 7
 * output: new 0 0 0 7
 */
//@ a.h
struct req { int length, kind; }; //-
struct req { unsigned length, kind; }; //+
typedef int count_t; //-
typedef unsigned count_t; //+
int parse_length(const char *text); //-
unsigned parse_length(const char *text); //+
int check(const struct req *r), sized(count_t n), kept(const struct req *r);
//@ b.c
#include "a.h"
int check(const struct req *r)
{
	return r->length < 100;
}
int sized(count_t n)
{
	return n < 100;
}
//@ c.c
#include "a.h"
int kept(const struct req *r)
{
	return r->kind == 7 ? 7 : 8;
}
__attribute__((noipa)) int parse(const char *text)
{
	return parse_length(text) < 100;
}
//@ d.c
int parse_length(const char *text);
__attribute__((noipa)) int parse_length(const char *text)
{
	return -*text;
}
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int parse(const char *text);
int main(int argc, char **argv)
{
	struct req r = {-5, 7};

	printf("old %d %d %d %d\n", check(&r), sized(-1), parse("a"), kept(&r));
	apply(argv[argc - 1]);
	printf("new %d %d %d %d\n", check(&r), sized(-1), parse("a"), kept(&r));
	return 0;
}
