/*
 * Names with versions, by attribute and by assembly.
 *
 * target: libx.so
 * replaces: plain two_old
 * output: 13
 */
//@ x.map
V1 { global: one; two; plain; local: *; };
V2 { global: two; } V1;
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.c libx.so
	$(CC) $(CFLAGS) -o $@ main.c -L. -lx -L$(APPLY) -lapply -ldl
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -Wl,--version-script=x.map -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ x.c
__attribute__((noipa)) int two_old(int v);
__attribute__((noipa)) int two_new(int v);
__asm__(".symver two_old,two@V1");
__asm__(".symver two_new,two@@V2");
__attribute__((noipa, __symver__("one@@V1"))) int one_v1(int v) { return v + 1; }
__attribute__((noipa)) int two_old(int v)
{
	if (v < 0) return 0; //+
	return v * v + v / 3 + 2;
}
__attribute__((noipa)) int two_new(int v) { return v + 3; }
__attribute__((noipa)) int plain(int v)
{
	if (v < 0) return 10; //+
	return v * v + v / 3 + 2;
}
//@ main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int one(int), two(int), plain(int);
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", plain(-1) + two(-1) + one(0));
	return 0;
}
