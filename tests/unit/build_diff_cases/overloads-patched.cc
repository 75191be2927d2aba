/*
 * A function of a name that others have comes, another goes, and an operator comes:
 * calls that are spelled as before mean another function. Nothing in their tokens
 * tells.
 *
 * replaces: _Z10call_addedi _Z8call_sumi _Z9call_gonei
 * output: old 1 2 2
 * output: new 2 1 9
 */
//@ a.h
inline int added(long) { return 1; }
inline int added(short) { return 2; } //+
int gone(long);
int gone(short); //-
struct sum { int v; operator bool() const { return v; } };
inline int operator+(const sum &a, const sum &b) { return 9 * a.v * b.v; } //+
//@ b.cc
#include "a.h"
int gone(long) { return 1; }
int gone(short) { return 2; } //-
//@ a.cc
#include <cstdio>
#include "a.h"
#include "tests/unit/build_apply.h"
volatile int called;
__attribute__((noipa)) int call_added(int v) { return called = v, added((short)v); }
__attribute__((noipa)) int call_gone(int v) { return called = v, gone((short)v); }
__attribute__((noipa)) int call_sum(int v)
{
	sum a{v}, b{v};
	return called = v, a + b;
}
__attribute__((noipa)) int same(int v) { return called = v; }
int main(int argc, char **argv)
{
	int n = same(1);

	printf("old %d %d %d\n", call_added(n), call_gone(n), call_sum(n));
	apply(argv[argc - 1]);
	printf("new %d %d %d\n", call_added(n), call_gone(n), call_sum(n));
	return 0;
}
