/*
 * A header changes inline functions of C++ for five units: the patch makes them, and
 * inline ones that hold copies of them, of one unit, and of the others what is theirs
 * alone. main(), which is not entered again, is told of.
 *
 * build: --verbose
 * replaces: _Z4heldi _Z5aloudi _Z6holderi _ZN3Box5limitEi
 * says: -frandom-seed=1-c.cc
 * silent: main: relies on
 * silent: -b.cc
 * silent: -d.cc
 * says: main: is not left while the program runs, so it is not in the patch
 * output: 131 231 31 23 7
 * output: 132 232 32 25 7
 */
//@ box.h
struct Box {
	static int limit(int v) __attribute__((noinline))
	{
		return v > 8 ? v : 8; //-
		return v > 8 ? v - 1 : 7; //+
	}
};
__attribute__((noinline)) inline int aloud(int v)
{
	return Box::limit(v) + 100; //-
	return 100 + Box::limit(v); //+
}
inline __attribute__((always_inline)) int small(int v)
{
	return v * 3 + 2; //-
	return v * 3 + 4; //+
}
__attribute__((noinline)) inline int holder(int v) { return small(v); }
int a(int v), b(int v), held(int v), d(int v);
//@ a.cc
#include "box.h"
int a(int v) { return aloud(v) + holder(v); }
//@ b.cc
#include "box.h"
int b(int v) { return aloud(v) + holder(v) + 100; }
//@ c.cc
#include "box.h"
__attribute__((noinline)) int held(int v) { return small(v); }
//@ d.cc
#include "box.h"
int d(int v) { return aloud(v) + holder(v) - 100; }
//@ main.cc
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "box.h"
int main(int argc, char **argv)
{
	volatile int seven = 7, one = 1;
	int copy = small(one);

	printf("%d %d %d %d %d\n", a(seven), b(seven), d(seven), held(seven), copy + 2);
	apply(argv[argc - 1]);
	printf("%d %d %d %d %d\n", a(seven), b(seven), d(seven), held(seven), copy + 2);
	return 0;
}
