/*
 * The same names in two files, and in two functions: each its own.
 *
 * replaces: a_step b_step init
 * output: 11 101 1 2
 * output: 22 202 4 6
 */
//@ a.c
static int state = 10;
static __attribute__((noipa)) int init(int v)
{
	static int count;
	count++;
	return v + state + count - 1;
}
__attribute__((noipa)) int a_count(void) { static int count; return ++count; }
__attribute__((noipa)) int a_step(int v) { state++; return init(v); } //-
__attribute__((noipa)) int a_step(int v) { state--; state++; return 2 * init(v - 1); } //+
static __attribute__((noipa)) int unused_(int v) { return v; }
int (*a_keep)(int) = unused_;
void a_reset(void) { state = 0; }
//@ b.c
static int state = 100;
static __attribute__((noipa)) int init(int v)
{
	static int count;
	count += 0; //-
	count += 0 * v; //+
	return v + state + count;
}
__attribute__((noipa)) int b_count(void) { static int count; return count += 2; }
__attribute__((noipa)) int b_step(int v) { return init(v); } //-
__attribute__((noipa)) int b_step(int v) { return init(v) * 2; } //+
void b_reset(void) { state = 0; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int a_step(int), b_step(int), a_count(void), b_count(void);
int main(int argc, char **argv)
{
	printf("%d %d %d %d\n", a_step(0), b_step(1), a_count(), b_count());
	apply(argv[argc - 1]);
	printf("%d %d %d %d\n", a_step(0), b_step(1), a_count() + 2, b_count() + 2);
	return 0;
}
