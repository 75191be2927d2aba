/*
 * A structure grows.
 *
 * exit: 2
 * says: refused: conn: had 8 bytes, and would have 12
 * says: a.h:1:
 */
//@ a.h
struct conn { int a, b;
	int c; //+
};
//@ a.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
struct conn all[4];
__attribute__((noipa)) int get(struct conn *c)
{
	c->c = 1; //+
	return c->a;
}
int main(int argc, char **argv) { return get(all + argc) + !argv; }
