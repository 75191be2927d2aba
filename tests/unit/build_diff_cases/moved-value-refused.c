/*
 * A variable moves to another file, and gets another first value there: it exists
 * already.
 *
 * exit: 2
 * says: sum: gets another first value
 */
//@ a.h
extern int sum;
int add(int n), get(void);
//@ a.c
#include "a.h"
int sum = 10; //-
__attribute__((noipa)) int get(void) { return sum; }
//@ b.c
#include <stdio.h>
#include "a.h"
#include "tests/unit/build_apply.h"
int sum = 20; //+
__attribute__((noipa)) int add(int n)
{
	n += 100; //+
	return sum += n;
}
int main(int argc, char **argv)
{
	int n = add(5);

	printf("old %d %d\n", n, get());
	apply(argv[argc - 1]);
	n = add(10);
	printf("new %d %d\n", n, get());
	return 0;
}
