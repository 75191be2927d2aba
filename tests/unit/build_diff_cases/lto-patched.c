/*
 * Link-time optimisation: a static function and statics of one name in two
 * files, copies in other files.
 *
 * make: CFLAGS=-O2 -g -flto
 * output: 12 103 6
 * output: 1014 1106 8
 */
//@ a.c
static int state = 10;
static __attribute__((noipa)) int put(int v) { state += v; return state; }
int small(int v) { return v * 2; } //-
int small(int v) { return v * 2 + 1000; } //+
__attribute__((noipa)) int in_a(int v) { return put(2) - 2 + small(v); }
//@ b.c
int small(int v);
static int state = 100;
static __attribute__((noipa)) int put(int v) { state += v; return state; }
__attribute__((noipa)) int in_b(int v) { return put(1) + small(v); }
__attribute__((noipa)) int not_in_b(int v) { static int state = 3; return v * (state += 1); }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int in_a(int), in_b(int), not_in_b(int);
int main(int argc, char **argv)
{
	printf("%d ", in_a(1));
	printf("%d %d\n", in_b(1), not_in_b(2) - 2);
	apply(argv[argc - 1]);
	printf("%d ", in_a(1));
	printf("%d %d\n", in_b(1) + 2, not_in_b(2) - 2);
	return 0;
}
