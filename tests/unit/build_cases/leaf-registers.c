/*
 * Callers that keep values in registers which a static leaf function leaves
 * alone, and that call it with a stack aligned to 8 only (GCC's -fipa-ra and
 * -fipa-stack-alignment). The new functions are no leaves.
 *
 * variant: gcc -O2 -g
 * variant: gcc -O3 -g -march=x86-64-v3
 * variant: gcc -O2 -g -fPIE -pie -fcf-protection=full
 * variant: clang -O2 -g
 * build: -v
 * output: old: mid 8, real 2.5, many 285
 * output: leaf 1.5
 * output: leaf 1.5
 * output: leaf 1.5
 * output: leaf 1.5
 * output: nine 1.5
 * output: new: mid 47, real 41.5, many 1285
 */
#include <stdio.h>

#ifndef PATCH
#include "tests/unit/build_apply.h"

static int counter;

__attribute__((noinline, noclone)) static int leaf(int a)
{
	counter += a;
	return counter;
}

/* More arguments than registers. */
__attribute__((noinline, noclone)) static int nine(int a, int b, int c, int d,
						   int e, int f, int g, int h,
						   int i)
{
	return a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h + i * i;
}

__attribute__((noinline, noclone)) int mid(int a, int b)
{
	int x = leaf(a);

	return x + leaf(a + 1) + b;
}

__attribute__((noinline, noclone)) double real(double a, int n)
{
	int x = leaf(n);

	return x + leaf(n - 1) + a;
}

__attribute__((noinline, noclone)) int many(const int *v)
{
	return nine(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]);
}

static void show(const char *when, int n)
{
	const int v[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	int m, w;
	double r;

	counter = 0;
	m = mid(n, 4);
	counter = 0;
	r = real(0.5, n);
	w = many(v);
	printf("%s: mid %d, real %g, many %d\n", when, m, r, w);
}

int main(int argc, char **argv)
{
	show("old", argc - 1);
	apply(argv[1]);
	show("new", argc - 1);
	return 0;
}

#else
#include <opus-livepatch/patch.h>
OPUS_PATCH("leaf", "leaves that call");

extern int counter OPUS_REF(counter);

int leaf(int a)
{
	counter += a + (counter < 20 ? 13 : 14);
	/* A vector register, and a stack that has to be aligned. */
	printf("leaf %g\n", 1.5);
	return counter;
}
OPUS_REPLACE(leaf);

int nine(int a, int b, int c, int d, int e, int f, int g, int h, int i)
{
	printf("nine %g\n", 1.5);
	return 1000 + a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h +
	       i * i;
}
OPUS_REPLACE(nine);
#endif
