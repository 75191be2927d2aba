/*
 * Other names of functions that link-time optimisation dropped, since nobody but the
 * code that it looked through used them: the new code uses them, and means the function.
 * A weak one would lead to address 0.
 *
 * make: CFLAGS=-O2 -g -flto
 * make: LDFLAGS=-O2 -g -flto
 * replaces: use
 * output: 7
 * output: 8 9 21 31
 */
//@ a.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int plain(int n) { return n + 1; }
__attribute__((noipa)) int fixed(int n) { return n + 1; }
__attribute__((noipa)) static int hidden(int n) { return n * 3; }
int weak_name(int n) __attribute__((weak, alias("plain")));
extern __typeof(fixed) strong_name __attribute__((alias("fixed")));
static int static_name(int n) __attribute__((alias("hidden")));
__attribute__((noipa)) void use(int n)
{
	if (n < 0) //-
		printf("%d\n", hidden(n) + plain(n) + fixed(n)); //-
	printf("%d\n", n); //-
	printf("%d ", weak_name(n)); //+
	printf("%d ", strong_name(n + 1)); //+
	printf("%d %d\n", static_name(n), plain(30)); //+
}
int main(int argc, char **argv)
{
	use(7);
	apply(argv[argc - 1]);
	use(7);
	return 0;
}
