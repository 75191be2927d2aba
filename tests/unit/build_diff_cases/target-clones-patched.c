/*
 * A function that the compiler made for several processors, and one that calls
 * such a function, which stays as it is. No caller has a copy of either.
 *
 * replaces: scale sum.avx2 sum.default
 * output: 9 15
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#define CLONES __attribute__((target_clones("avx2", "default")))
CLONES int sum(const int *v, int n);
CLONES int sum(const int *v, int n)
{
	int s = 0; //-
	int s = 1; //+
	for (int i = 0; i < n; i++)
		s += v[i];
	return s;
}
CLONES int largest(const int *v, int n)
{
	int max = v[0];
	for (int i = 0; i < n; i++)
		max = v[i] > max ? v[i] : max;
	return max;
}
__attribute__((noipa)) int scale(const int *v, int n)
{
	return largest(v, n) * 4; //-
	return largest(v, n) * 5; //+
}
int main(int argc, char **argv)
{
	int v[4] = {1, 2, 3, argc};
	apply(argv[argc - 1]);
	printf("%d %d\n", sum(v, 4), scale(v, 4));
	return 0;
}
