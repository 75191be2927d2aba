/*
 * Inline functions of a header, that three units have: one of a class, within its
 * braces, and one of none.
 *
 * replaces: _Z1aP3Box _Z1cP3Box _Z5otheri _ZN3Box4moreEi
 * output: 5 15 9 32
 * output: 4 14 8 31
 */
//@ box.h
__attribute__((noinline)) inline int other(int v)
{
	return v > 8 ? v : 8; //-
	return v > 8 ? v - 1 : 7; //+
}
struct Box {
	int value;
	int limit(int v) const __attribute__((noinline))
	{
		return v > value ? v : value; //-
		return v > value ? value : v; //+
	}
	virtual int more(int v) { return limit(v) + 10; }
	virtual ~Box() {}
};
int a(Box *b), c(Box *b), d(int v);
//@ a.cc
#include "box.h"
int a(Box *b) { return b->limit(5); }
//@ c.cc
#include "box.h"
int c(Box *b) { return b->more(5); }
//@ d.cc
#include "box.h"
int d(int v) { return other(v) + 23; }
//@ main.cc
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "box.h"
int main(int argc, char **argv)
{
	Box *volatile box = new Box;
	volatile int nine = 9;

	box->value = 4;
	printf("%d %d %d %d\n", a(box), c(box), other(nine), d(9));
	apply(argv[argc - 1]);
	printf("%d %d %d %d\n", a(box), c(box), other(nine), d(9));
	return 0;
}
