/*
 * Pragmas are no words of a function, and change its code: one in it, and one
 * in front of it.
 *
 * replaces: rounded total
 * output: 6 0.3 6 0.3
 */
//@ a.c
__attribute__((noipa)) int total(const int *v, int n)
{
	int sum = 0;
#pragma GCC unroll 2 //-
#pragma GCC unroll 4 //+
	for (int i = 0; i < n; i++)
		sum += v[i];
	return sum;
}
#pragma GCC diagnostic ignored "-Wfloat-equal" //+
__attribute__((noipa)) int same(int v) { return v / 3; }
#pragma GCC push_options //+
#pragma GCC optimize("trapv") //+
__attribute__((noipa)) int rounded(int a, int b) { return a * b; }
#pragma GCC pop_options //+
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int total(const int *v, int n), rounded(int a, int b), same(int v);
int main(int argc, char **argv)
{
	int v[] = {1, 2, 3};

	printf("%d 0.%d ", total(v, 3), rounded(same(3), 3));
	apply(argv[argc - 1]);
	printf("%d 0.%d\n", total(v, 3), rounded(same(3), 3));
	return 0;
}
