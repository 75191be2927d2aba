/*
 * A function that is chosen when the program starts, in a library that was linked with
 * -Bsymbolic, and one that is protected: nobody can take them over, whatever the
 * program has under the same names.
 *
 * target: libx.so
 * replaces: sum
 * output: 22 1001 1001
 * output: 122 1001 1001
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.c libx.so
	$(CC) $(CFLAGS) -o $@ main.c -L. -lx -L$(APPLY) -lapply -ldl
libx.so: sum.c
	$(CC) $(CFLAGS) -fPIC -shared -Wl,-Bsymbolic -o $@ sum.c
clean:
	rm -f *.o prog *.so
//@ sum.c
static int ten(int v) { return v + 10; }
static int (*resolve(void))(int) { return ten; }
int pick(int v) __attribute__((ifunc("resolve")));
__attribute__((visibility("protected"))) int take(int v) __attribute__((ifunc("resolve")));
__attribute__((noipa)) int sum(int v)
{
	if (v < 0)
		return -3 * v;
	v += 50; //+
	return pick(v) + take(v);
}
//@ main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int sum(int v), pick(int v), take(int v);
int pick(int v) { return v + 1000; }
int take(int v) { return v + 1000; }
int main(int argc, char **argv)
{
	printf("%d %d %d\n", sum(1), pick(1), take(1));
	apply(argv[argc - 1]);
	printf("%d %d %d\n", sum(1), pick(1), take(1));
	return 0;
}
