/*
 * A field of a header's structure gets another name: who does not use it has nothing
 * new, and what objects have there is told of.
 *
 * replaces: far_user user
 * says: part: has length where it had end
 * output: old 3 9
 * output: new 103 9
 */
//@ a.h
struct part { long end; int count; }; //-
struct part { long length; int count; }; //+
int user(struct part *p), other(struct part *p), far_user(struct part *p);
//@ a.c
#include "a.h"
__attribute__((noipa)) int user(struct part *p)
{
	return p->end + p->count; //-
	return p->length + p->count + 100; //+
}
__attribute__((noipa)) int far_user(struct part *p)
{
	return p->end * 9 / (p->count + 1); //-
	return p->length * 9 / (p->count + 1); //+
}
//@ b.c
#include "a.h"
__attribute__((noipa)) int other(struct part *p)
{
	return p->count * 9;
}
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	struct part p = {2, 1};

	printf("old %d %d\n", user(&p), other(&p));
	apply(argv[argc - 1]);
	printf("new %d %d\n", user(&p), other(&p));
	return far_user(&p) != 9;
}
