/*
 * Another namespace is looked into: the same words mean another function.
 *
 * replaces: _Z4takei
 * output: 12 9
 * output: 13 9
 */
//@ a.cc
#include <stdio.h>
#include "tests/unit/build_apply.h"
namespace one { __attribute__((noipa)) int check(int n) { return n + 1; } }
namespace two { __attribute__((noipa)) int check(int n) { return n + 2; } }
__attribute__((noipa)) int kept(int n) { return n * n; }
using namespace one; //-
using namespace two; //+
__attribute__((noipa)) int take(int n) { return check(n * n + 7); }
int main(int argc, char **argv)
{
	printf("%d %d\n", take(2), kept(3));
	apply(argv[argc - 1]);
	printf("%d %d\n", take(2), kept(3));
	return 0;
}
