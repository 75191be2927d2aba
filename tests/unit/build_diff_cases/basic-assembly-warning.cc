/*
 * New assembly outside of functions beside a changed one: it is told, and the same
 * at another place, or in a function, is nothing.
 *
 * replaces: get
 * says: a.cc:8: warning: a.cc: has other assembly outside of its functions
 * output: 4 7
 */
//@ a.cc
#include <stdio.h>
#include "tests/unit/build_apply.h"
extern "C" {
asm(".globl kept\nkept: ret"); //-
static int unchanged(int c) { asm volatile("" : "+r"(c)); return c; }
asm(".globl kept\nkept: ret"); //+
}
namespace {
asm(".globl four\nfour: mov $4, %eax\nret"); //+
}
extern "C" __attribute__((noipa)) int get(int c)
{
	asm volatile("" : : "r"(c)); //+
	for (int i = 0; i < 3; i++)
		c = unchanged(c) + 1; //-
		c = unchanged(c) + 2; //+
	return c;
}
int main(int argc, char **argv)
{
	printf("%d", get(1));
	apply(argv[argc - 1]);
	printf(" %d\n", get(1));
	return 0;
}
