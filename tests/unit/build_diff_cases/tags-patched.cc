/*
 * Names of the standard library's strings in what no other unit sees: clang, which
 * reads the source, tags them, and GCC does not. Operators beside what changes.
 *
 * output: 3 k3x 1 13 k13x 2
 */
//@ a.cc
#include <iostream>
#include <map>
#include <string>
extern "C" {
#include "tests/unit/build_apply.h"
}
static std::map<std::string, int> table;
static int total;
struct Pair { int a, b; };
bool operator==(const Pair &x, const Pair &y) { return x.a == y.a && x.b == y.b; }
struct Adder {
	int operator()(int v) const;
	operator bool() const;
};
int Adder::operator()(int v) const { return v + total * 0; }
Adder::operator bool() const { return total < 1000; }
namespace {
std::string tail("x");
std::string name(int v) { return std::to_string(v) + tail; }
struct Shared { static std::string head; };
std::string Shared::head("k");
}
static __attribute__((noinline)) std::string label(int v)
{
	total++;
	return Shared::head + name(v); //-
	return Shared::head + name(v + 10); //+
}
__attribute__((noipa)) int user(int v)
{
	v += 10; //+
	table["k"] = v;
	return v;
}
__attribute__((noipa)) std::string through(int v) { return label(v); }
int main(int argc, char **argv)
{
	Pair p = {argc, 1};
	Adder add;
	std::cout << user(3) << ' ' << through(3) << ' ' << total << ' ';
	apply(argv[argc - 1]);
	std::cout << user(3) << ' ' << through(add(3)) << ' ' << total << '\n';
	return table.size() != 1 || table["k"] != 13 || p == Pair{1, 2} || !add;
}
