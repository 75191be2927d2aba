/*
 * A static member of a class in an anonymous namespace, which clang describes as
 * external: it is the file's own all the same.
 *
 * make: CXX=clang++-14
 * silent: warning
 * replaces: _ZN3Net4noteEi
 * output: 13
 * output: 1016
 */
//@ a.cc
#include <cstdio>
#include "tests/unit/build_apply.h"
struct Net { int note(int n); int more(int n); };
namespace {
struct Box { static int made; };
int Box::made = 10;
}
__attribute__((noinline)) int Net::note(int n)
{
	Box::made += n;
	return Box::made; //-
	return Box::made + 1000; //+
}
__attribute__((noinline)) int Net::more(int n) { return Box::made += n; }
int main(int argc, char **argv)
{
	Net n;

	n.more(1);
	printf("%d\n", n.note(argc));
	n.more(1);
	apply(argv[argc - 1]);
	printf("%d\n", n.note(argc));
	return 0;
}
