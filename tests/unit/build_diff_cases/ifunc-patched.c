/*
 * Functions that are chosen when the program starts, called by names that are not
 * exported, as glibc calls its own string functions: what the library would call,
 * not what the program has under the exported name.
 *
 * target: libx.so
 * replaces: sum
 * output: 21
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.c libx.so
	$(CC) $(CFLAGS) -o $@ main.c -L. -lx -L$(APPLY) -lapply -ldl
libx.so: pick.c sum.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ pick.c sum.c
clean:
	rm -f *.o prog *.so
//@ pick.c
static int ten(int v) { return v + 10; }
static int (*resolve(void))(int) { return ten; }
int pick(int v) __attribute__((ifunc("resolve")));
extern __typeof__(pick) own_pick __attribute__((alias("pick"), visibility("hidden")));
//@ sum.c
int own_pick(int v) __attribute__((visibility("hidden")));
__attribute__((noipa)) int sum(int v)
{
	if (v < 0) //+
		return own_pick(v) + 5 + own_pick(-v - 4); //+
	return own_pick(v) + v / 3;
}
//@ main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int sum(int v), pick(int v);
int pick(int v) { return v + 1000; }
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", sum(-1) + (pick(1) == 1001 && sum(1) == 11 ? 0 : 9000));
	return 0;
}
