/*
 * A function of the mathematical library, which the target is not linked with.
 *
 * replaces: user
 * output: old 10
 * output: new 7021
 */
//@ a.c
#include <stdio.h>
#include <string.h>
#include <math.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int user(int n)
{
	char b[20];
	snprintf(b, sizeof b, "%d", n);
	n += strcspn(b, "7") + (int)cbrt(n); //+
	return n;
}
int main(int argc, char **argv)
{
	printf("old %d\n", user(argc + 8));
	apply(argv[argc - 1]);
	printf("new %d\n", user(argc + 7000));
	return 0;
}
