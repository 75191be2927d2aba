/*
 * A module that needs no library by name calls a library's function that gets one
 * more parameter; of a variable that its copy uses each of two programs has one.
 *
 * target: libx.so
 * build: --target before/mod.so --target bin/prog --target before/aside
 * tree: built
 * command: make -B
 * says: each patch has a copy of it
 * says: case.opus: patch fix, 1 function
 * output: 51 0
 * output: 11 1
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
all: prog aside mod.so
prog: main.o libx.so
	$(CC) -o $@ main.o -L. -lx -L$(APPLY) -lapply -ldl
aside: aside.o libx.so
	$(CC) -o $@ aside.o -L. -lx
libx.so: step.c step.h
	$(CC) $(CFLAGS) -fPIC -shared -o $@ step.c
mod.so: mod.c step.h
	$(CC) $(CFLAGS) -fPIC -shared -o $@ mod.c
main.o aside.o: step.h
clean:
	rm -f *.o prog aside *.so
//@ step.h
int cap(int v); //-
int cap(int v, int most); //+
extern int capped;
//@ step.c
#include "step.h"
int capped = 0;
__attribute__((noipa)) int cap(int v) { return v < 0 ? -3 * v : v + capped; } //-
__attribute__((noipa)) int cap(int v, int most) { capped += v > most; return v > most ? most : v; } //+
//@ mod.c
#include "step.h"
__attribute__((noipa)) int use(int v)
{
	if (v < 0)
		return -v * 3;
	return cap(v) + 1; //-
	return cap(v, 10) + 1; //+
}
//@ aside.c
#include "step.h"
int main(int argc, char **argv) { return capped + argc + !argv; }
//@ main.c
#include <dlfcn.h>
#include <stdio.h>
#include "step.h"
#include "tests/unit/build_apply.h"
int main(void)
{
	int (*use)(int);

	*(void **)&use = dlsym(dlopen("../before/mod.so", RTLD_NOW), "use");
	printf("%d", use(50));
	printf(" %d\n", capped);
	apply("../case.opus");
	printf("%d", use(50));
	printf(" %d\n", capped);
	return 0;
}
