/*
 * Virtual functions that change places, one more of them, and bases that change
 * places: objects keep their tables and what is in them. A function that is not
 * virtual may come.
 *
 * exit: 2
 * says: a.h:1: refused: order: has other virtual functions, or has them in another order, from second on
 * says: a.h:3: refused: more: has other virtual functions, or has them in another order, from third on
 * says: a.h:9: refused: bases: has its fields at other places
 * silent: refused: plain
 */
//@ a.h
struct order { virtual int first(); virtual int second(); int v = 1; }; //-
struct order { virtual int second(); virtual int first(); int v = 1; }; //+

struct more {
	virtual int third(); //+
	int w = 2;
};
struct left { int l = 3; };
struct right { int r = 4; };
struct bases : left, right {}; //-
struct bases : right, left {}; //+
struct plain { virtual int only(); int fourth(); }; //+
struct plain { virtual int only(); }; //-
//@ a.cc
#include "a.h"
#include "tests/unit/build_apply.h"
int order::first() { return 1; }
int order::second() { return 2; }
int more::third() { return 3; } //+
int plain::only() { return 4; }
int plain::fourth() { return 4; } //+
__attribute__((noipa)) int use(order *o, more *m, bases *b, plain *p)
{
	return o->first() + m->w + b->l + p->only(); //-
	return o->first() + m->third() + b->l + p->fourth(); //+
}
int main()
{
	static order o;
	static more m;
	static bases b;
	static plain p;
	return use(&o, &m, &b, &p);
}
