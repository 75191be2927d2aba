/*
 * Variables that exist are to be aligned in another way: new code may use
 * instructions that fault where they are. Less does no harm.
 *
 * exit: 2
 * says: a.c:3: refused: words: would be aligned in another way
 * says: a.c:4: refused: text: would be aligned in another way
 * silent: refused: less
 * silent: refused: table
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static long words[8]; //-
char text[64] __attribute__((aligned(16))); //-
static long words[8] __attribute__((__aligned__(64))); //+
_Alignas(64) char text[64]; //+
static int less[8] __attribute__((aligned(32))); //-
static int less[8]; //+
static const int table[] = { 3, 4, 5, 6 }; //-
static _Alignas(32) const int table[] = { 3, 4, 5, 6 }; //+
__attribute__((noipa)) long sum(int n)
{
	for (int i = 0; i < 8; i++)
		n += words[i] + text[i] + less[i] + table[i & 3];
	return n;
}
int main(int argc, char **argv) { return sum(argc) + !argv; }
