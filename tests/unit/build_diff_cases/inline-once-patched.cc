/*
 * A header changes inline functions of C++ for four units: the patch makes those that
 * the target has as functions in one of them; of the others it has what holds copies
 * of the old ones, and main(), which is not entered again, is told of.
 *
 * build: --verbose
 * replaces: _Z4heldi _Z5aloudi _ZN3Box5limitEi
 * says: -frandom-seed=1-c.cc
 * silent: relies on
 * says: main: is not left while the program runs, so it is not in the patch
 * output: 108 208 23 7
 * output: 107 207 25 7
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
int a(int v), b(int v), held(int v);
//@ a.cc
#include "box.h"
int a(int v) { return aloud(v); }
//@ b.cc
#include "box.h"
int b(int v) { return aloud(v) + 100; }
//@ c.cc
#include "box.h"
__attribute__((noinline)) int held(int v) { return small(v); }
//@ main.cc
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "box.h"
int main(int argc, char **argv)
{
	volatile int seven = 7, one = 1;
	int copy = small(one);

	printf("%d %d %d %d\n", a(seven), b(seven), held(seven), copy + 2);
	apply(argv[argc - 1]);
	printf("%d %d %d %d\n", a(seven), b(seven), held(seven), copy + 2);
	return 0;
}
