/*
 * Two fields of one size change places: sizes and offsets are as before. One that
 * is called something else stays where it is.
 *
 * exit: 2
 * says: refused: conn: has its fields at other places
 * silent: refused: renamed
 */
//@ a.c
#include "tests/unit/build_apply.h"
struct conn { int used, room; char text[8]; }; //-
struct conn { int room, used; char text[8]; }; //+
struct renamed { int use, used; }; //-
struct renamed { int uses, used; }; //+
__attribute__((noipa)) int get(struct conn *c, struct renamed *r)
{
	return c->used < c->room ? c->text[c->used] : r->used;
}
int main(int argc, char **argv)
{
	static struct conn c;
	static struct renamed r;

	c.used = argc;
	return get(&c, &r) + !argv;
}
