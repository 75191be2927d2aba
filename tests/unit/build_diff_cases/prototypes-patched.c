/*
 * New prototypes and inline functions in a header that several files include: one has no use for them,
 * one calls what they declare, one has the definition, one defines a variable.
 *
 * replaces: user
 * output: 1 7
 */
//@ a.h
#ifndef A
#define A
static inline int twice(int v) { return 2 * v; }
static inline int half(int v) { return v / 2; } //+
static inline int half_twice(int v) { if (v) { v = twice(half(v)); } return v; } //+
extern int count_of(int); //+
int aside(int v);
typedef struct later later_t; //+
int user(int v);
int added(int v, later_t *l); //+
extern int seen; //+
#endif
//@ aside.c
#include "a.h"
int aside(int v) { return v + 1; }
//@ added.c
#include "a.h"
int here(void) { return 0; }
int added(int v, later_t *l) { return v + !l + seen; } //+
//@ seen.c
#include "a.h"
int there(void) { return 0; }
int seen; //+
//@ user.c
#include "a.h"
__attribute__((noipa)) int user(int v)
{
	seen = 4; //+
	return added(half_twice(aside(v)) - 1, 0) + 1; //+
	return aside(v) - 1;
}
//@ main.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	printf("%d ", user(1));
	apply(argv[argc - 1]);
	printf("%d\n", user(1));
	return 0;
}
