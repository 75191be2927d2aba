/*
 * Variables that exist become thread-local, or no longer are.
 *
 * exit: 2
 * says: refused: all: is a variable that exists, one for all threads, and would be one for each
 * says: refused: each: is a variable that exists, one for each thread, and would be one for all
 * says: refused: text: is a variable that exists, one for all threads
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
static int all; //-
static _Thread_local int all; //+
__thread int each; //-
int each; //+
__attribute__((noipa)) int count(int n) { return (all += n) + (each += n); }
__attribute__((noipa)) const char *name(int n)
{
	static char text[16]; //-
	static __thread char text[16]; //+
	snprintf(text, sizeof(text), "%d", n);
	return text;
}
int main(int argc, char **argv) { return count(argc) + *name(argc) + !argv; }
