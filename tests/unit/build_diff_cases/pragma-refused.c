/*
 * A pragma lays a structure out anew: no word of it differs.
 *
 * exit: 2
 * says: a.h:2: refused: conn: had 8 bytes, and would have 5
 */
//@ a.h
#pragma pack(1) //+
struct conn { char kind;
	int value; };
#pragma pack() //+
//@ a.c
#include "a.h"
#include "tests/unit/build_apply.h"
struct conn all[4];
__attribute__((noipa)) int get(struct conn *c) { return c->value; }
int main(int argc, char **argv) { return get(all + argc) + !argv; }
