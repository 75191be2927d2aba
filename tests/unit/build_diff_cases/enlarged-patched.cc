/*
 * An enumeration of a header gets one more value, which only one file uses.
 *
 * replaces: _Z4useri
 * output: old 1 0
 * output: new 2 0
 */
//@ a.h
typedef enum { FINE, BAD,
	WORSE = 1 << 1, //+
} result;
result user(int n), other(int n);
//@ a.cc
#include "a.h"
__attribute__((noipa)) result user(int n)
{
	if (n > 8) return WORSE; //+
	return n > 4 ? BAD : FINE;
}
//@ b.cc
#include "a.h"
__attribute__((noipa)) result other(int n) { return n > 100 ? BAD : FINE; }
//@ main.cc
#include <cstdio>
#include "a.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	printf("old %d %d\n", user(9), other(9));
	apply(argv[argc - 1]);
	printf("new %d %d\n", user(9), other(9));
	return 0;
}
