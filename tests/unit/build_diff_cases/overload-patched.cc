/*
 * A new overload that fits better, and another default argument: who calls these
 * has the same text and other code.
 *
 * replaces: _Z4fitsi _Z7limitedi
 * output: 3 9
 * output: 13 6
 */
//@ a.cc
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int limit(int n, int most = 9); //-
__attribute__((noipa)) int limit(int n, int most = 6); //+
__attribute__((noipa)) int limit(int n, int most) { return n < most ? n : most; }
__attribute__((noipa)) int plus(long n) { return (int)n + 1; }
__attribute__((noipa)) int plus(int n) { return n + 11; } //+
__attribute__((noipa)) int same(long n) { return plus(n); }
__attribute__((noipa)) int fits(int n) { return plus(n + (n > 9)); }
__attribute__((noipa)) int limited(int n) { return limit(n * n + 7); }
int main(int argc, char **argv)
{
	printf("%d %d\n", fits(2), limited((int)same(2)));
	apply(argv[argc - 1]);
	printf("%d %d\n", fits(2), limited((int)same(2)));
	return 0;
}
