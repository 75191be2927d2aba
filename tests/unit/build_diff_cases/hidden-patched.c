/*
 * Two targets have a function of that name that they do not export: each patch
 * means its own. One is a jump to another that is equal.
 *
 * target: libx.so
 * build: --target bin/prog
 * replaces: step
 * output: 7
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o util.o libx.so
	$(CC) -o $@ main.o util.o -L. -lx -L$(APPLY) -lapply -ldl
libx.so: step.c util.c
	$(CC) $(CFLAGS) -DLIBRARY -fvisibility=hidden -fPIC -shared -o $@ step.c util.c
clean:
	rm -f *.o prog *.so
//@ util.c
static int state;
int util(int v);
__attribute__((noipa)) int util(int v) { return v + ++state; }
int keep(int v, void *of);
int drop(int v, void *of);
int keep(int v, void *of) { return v < 8 && of; }
#ifdef LIBRARY
int drop(int v, void *of) { return v < 8 && of; }
#else
int drop(int v, void *of) { return v < 8 && of ? 100 : 200; }
#endif
//@ step.c
int util(int v);
int drop(int v, void *of);
__attribute__((noipa, visibility("default"))) int step(int v)
{
	if (v < 0) //+
		return util(5) + drop(v, &v) - 1; //+
	return util(v) + v / 3;
}
//@ main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int step(int v);
int util(int v);
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	util(1); util(1); util(1);
	step(1);
	printf("%d\n", step(-1));
	return 0;
}
