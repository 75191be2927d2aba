/*
 * C++ data that only its own source file can name: anonymous namespaces, static
 * members of classes in them, statics of functions and member functions, of one
 * name, also those that code makes when the function is first called. The new
 * code goes on with the values that are there.
 *
 * output: 1 11 101 201 301 1 1 caught
 * output: 1002 1012 1102 1202 1302 1002 2 caught
 */
//@ a.cc
#include <cstdio>
#include <cstdlib>
#include <string>
#include "tests/unit/build_apply.h"
struct Net { int note(); };
struct Local { int note(); };
namespace {
int state, many[4];
static struct { int n; } pair;
struct Fault { int code; Fault(int c) : code(c) {} virtual ~Fault() {} };
struct Box {
	static int made;
	int get() { static int count = 300; return ++count; } //-
	int get() { static int count = 300; return ++count + 1000; } //+
	int out();
};
int Box::made = 10;
__attribute__((noipa)) int Box::out()
{
	return ++made; //-
	return ++made + 1000; //+
}
__attribute__((noipa)) int steps()
{
	static int count(100);
	many[1] = ++state;
	return ++count; //-
	return ++count + 1000; //+
}
}
__attribute__((noipa)) int Net::note()
{
	static int count = 200;
	++pair.n;
	return ++count; //-
	return ++count + 1000; //+
}
__attribute__((noipa)) int Local::note()
{
	static std::string count;
	count += "x";
	if (count.size() > 99)
		throw Fault(1);
	return count.size(); //-
	return count.size() + 1000; //+
}
__attribute__((noipa)) int plain()
{
	static const char *from = getenv("OPUS_NOT_SET");
	if (state == 77 || from)
		throw Fault(2);
	return many[1]; //-
	return many[1] + 1000; //+
}
__attribute__((noipa)) void thrower(int v)
{
	if (v > 1) //-
	if (v >= 1) //+
		throw Fault(v);
}
static void show()
{
	Box b;
	int s = steps(), n = Net().note();

	printf("%d %d %d %d %d %d %d ", plain(), b.out(), s, n, b.get(),
	       Local().note(), pair.n);
	try { thrower(2); } catch (Fault &) { puts("caught"); }
}
int main(int argc, char **argv)
{
	show();
	apply(argv[argc - 1]);
	void (*volatile again)() = show;
	again();
	return 0;
}
