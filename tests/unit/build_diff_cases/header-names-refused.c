/*
 * A header that one file finds beside itself, and another by -I.: it is one
 * place, and told of once.
 *
 * make: CPPFLAGS=-I. -I$(OPUS_TOP)
 * exit: 2
 * says: /a.h:1: refused: conn: had 8 bytes, and would have 12
 * silent: ./a.h
 */
//@ a.h
struct conn { int a, b;
	int c; //+
};
//@ sub/all.h
#include "a.h"
//@ a.c
#include "a.h"
struct conn all[4];
//@ main.c
#include "sub/all.h"
#include "tests/unit/build_apply.h"
extern struct conn all[4];
__attribute__((noipa)) int get(struct conn *c)
{
	c->c = 1; //+
	return c->a;
}
int main(int argc, char **argv) { return get(all + argc) + !argv; }
