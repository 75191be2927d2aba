/*
 * A macro and an inline function of a header: all that use them change, in
 * every file.
 *
 * replaces: in_a in_b
 * output: 65 1065
 * output: 17 1017
 */
//@ limits.h
#define LIMIT 64 //-
#define LIMIT 16 //+
static inline int cut(int v) { return v > LIMIT ? LIMIT : v; }
//@ a.c
#include "limits.h"
__attribute__((noipa)) int in_a(int v) { return cut(v) + 1; }
__attribute__((noipa)) int not_in_a(int v) { return v + 1; }
//@ b.c
#include "limits.h"
__attribute__((noipa)) int in_b(int v) { return (v > LIMIT ? LIMIT : v) + 1001; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int in_a(int), in_b(int), not_in_a(int);
int main(int argc, char **argv)
{
	printf("%d %d\n", in_a(100), in_b(100));
	apply(argv[argc - 1]);
	printf("%d %d\n", in_a(100), in_b(not_in_a(99)));
	return 0;
}
