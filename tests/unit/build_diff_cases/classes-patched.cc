/*
 * C++: member functions, virtual and in the class, static members, functions
 * and variables that are static or in an anonymous namespace; an exception.
 *
 * output: 11 21 31 -1 1
 * output: 111 121 131 -2 2
 */
//@ shape.h
#include <string>
#include <vector>
namespace geo {
struct Error { int code; };
class Shape {
public:
	virtual ~Shape();
	virtual int area(int v);
	int plain(int v) const;
	int inside(int v) { return v + 30; } //-
	int inside(int v) { return v + 130; } //+
	static int made;
	std::vector<std::string> names;
};
int guard(int v);
}
//@ shape.cc
#include "shape.h"
#include <map>
static int calls = 0;
namespace {
int hidden_state = 1;
int hidden(int v) { return v * hidden_state; }
}
namespace geo {
int Shape::made = 10;
Shape::~Shape() {}
static __attribute__((noinline)) int helper(int v) { calls++; return v; }
__attribute__((noipa)) int Shape::area(int v)
{
	std::map<int, std::string> m;
	m[v] = "x";
	made += 0;
	if (v > 1000) //+
		throw Error{3}; //+
	return helper(v) + made; //-
	return helper(v) + made + 100; //+
}
__attribute__((noipa)) int Shape::plain(int v) const
{
	return hidden(v) + 20; //-
	return hidden(v) + 120; //+
}
__attribute__((noipa)) int guard(int v)
{
	if (v < 0)
		throw Error{v}; //-
		throw Error{v - 1}; //+
	return calls;
}
}
//@ main.cc
#include <cstdio>
#include "shape.h"
#include "tests/unit/build_apply.h"
using namespace geo;
__attribute__((noipa)) static void show(Shape *s)
{
	int a = s->area(1), p = s->plain(1), i = s->inside(1), e = 0;
	try { guard(-1); } catch (Error &x) { e = x.code; }
	printf("%d %d %d %d %d\n", a, p, i, e, guard(1));
}
int main(int argc, char **argv)
{
	Shape *s = new Shape;
	show(s);
	apply(argv[argc - 1]);
	show(s);
	return 0;
}
