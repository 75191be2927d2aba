/*
 * A constructor and a destructor: the compiler makes several functions of each.
 * New objects are of the same class as old ones: they have one table.
 *
 * replaces: _ZN4ConnC2Ei _ZN4ConnD0Ev _ZN4ConnD2Ev
 * output: made 1 0 1
 * output: negative 102 201 1
 */
//@ conn.h
struct Conn {
	explicit Conn(int v);
	virtual ~Conn();
	int value;
	static int live;
};
//@ conn.cc
#include "conn.h"
int Conn::live = 0;
Conn::Conn(int v) : value(v)
{
	if (v < 0) //+
		throw "negative"; //+
	live++;
}
Conn::~Conn()
{
	live--;
	live += 100; //+
}
//@ main.cc
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "conn.h"
static Conn old(3);
static void show()
{
	const char *what = "made";

	Conn::live = 0;
	try {
		Conn bad(-1);
	} catch (const char *why) {
		Conn::live = 1;
		Conn good(2);
		what = why;
	}
	Conn *volatile one = new Conn(1);
	int live = Conn::live;
	int same = *(void **)one == *(void **)&old;
	delete one;
	printf("%s %d %d %d\n", what, live, Conn::live, same);
}
int main(int argc, char **argv)
{
	show();
	apply(argv[argc - 1]);
	show();
	return 0;
}
