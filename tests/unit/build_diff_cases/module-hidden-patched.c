/*
 * A module's new code calls a function of a library that it is linked with; the program,
 * a target as well, has another of that name, which it does not export.
 *
 * target: libx.so
 * build: --target bin/prog
 * replaces: work
 * output: 5 4711
 * output: -2 4711
 */
//@ Makefile
CFLAGS = -O2 -g -fno-builtin -I$(OPUS_TOP)
prog: main.c libx.so
	$(CC) $(CFLAGS) -o $@ main.c -L$(APPLY) -lapply -ldl
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c -Wl,--no-as-needed -lm
clean:
	rm -f *.o prog *.so
//@ x.c
#include <math.h>
__attribute__((noipa)) int work(int v)
{
	if (v < -5)
		return (int)cbrt(v); //+
	if (v < -6)
		return 5;
	return v * 3 + 1;
}
//@ main.c
#include <dlfcn.h>
#include <stdio.h>
#include "tests/unit/build_apply.h"
__attribute__((noipa)) double cbrt(double v) { return v + 4710; }
int main(int argc, char **argv)
{
	int (*work)(int);

	*(void **)&work = dlsym(dlopen("libx.so", RTLD_NOW), "work");
	printf("%d %d\n", work(-8), (int)cbrt(1));
	apply(argv[argc - 1]);
	printf("%d %d\n", work(-8), (int)cbrt(1));
	return 0;
}
