/*
 * Fields are put into a structure of their own, at the same places.
 *
 * replaces: get
 * output: 7 17
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
struct part { char text[12]; int used; }; //+
struct conn { long id;
	char text[12]; int used; //-
	struct part part; //+
	long end; };
static struct conn all = {1, "abc", 3, 3}; //-
static struct conn all = {1, {"abc", 3}, 3}; //+
__attribute__((noipa)) long get(struct conn *c)
{
	return c->id + c->used + c->end; //-
	return c->id + c->part.used + c->end + 10; //+
}
int main(int argc, char **argv)
{
	printf("%ld", get(&all));
	apply(argv[argc - 1]);
	printf(" %ld\n", get(&all));
	return 0;
}
