/*
 * Two libraries have one source, of which a function gets one more parameter, and a
 * program of each calls it with that: each program's patch has a copy of its own
 * library's, not of both.
 *
 * target: libx.so
 * build: --target before/liby.so --target bin/prog --target before/aside
 * tree: built
 * command: make -B
 * says: each patch has a copy of it
 * says: case-aside.opus: patch fix-aside, 1 function
 * output: 50 51 1
 * output: 10 11 5
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
all: prog aside
prog: main.o liby.so
	$(CC) -o $@ main.o -L. -ly -L$(APPLY) -lapply -ldl -Wl,-rpath,'$$ORIGIN/../before'
aside: aside.o libx.so
	$(CC) -o $@ aside.o -L. -lx
libx.so: step.c step.h
	$(CC) $(CFLAGS) -fPIC -shared -o $@ step.c
liby.so: step.c step.h
	$(CC) $(CFLAGS) -fPIC -shared -Wl,-soname,liby.so -o $@ step.c
main.o aside.o: step.h
clean:
	rm -f *.o prog aside *.so
//@ step.h
int cap(int v); //-
int cap(int v, int most); //+
int get(int v);
int calls(void);
//@ step.c
#include "step.h"
static int called = -1;
static int many(int v) { return v > 1000; }
int calls(void) { return called; }
__attribute__((noipa)) int cap(int v) { called++; return v + many(called); } //-
__attribute__((noipa)) int cap(int v, int most) { called++; return (v < most ? v : most) + many(called); } //+
__attribute__((noipa)) int get(int v)
{
	return cap(v); //-
	called++; //+
	return cap(v, 10); //+
}
//@ aside.c
#include "step.h"
int main(int argc, char **argv)
{
	return argc > 1 ? (argv[1][0] == 'x') :
		cap(argc) == 1; //-
		cap(argc, 7) == 1; //+
}
//@ main.c
#include <stdio.h>
#include "step.h"
#include "tests/unit/build_apply.h"
__attribute__((noipa)) int use(int v)
{
	if (v < 0)
		return -v * 3;
	return cap(v) + 1; //-
	return cap(v, 10) + 1; //+
}
int main(void)
{
	int g = get(50), u = use(50);
	printf("%d %d %d\n", g, u, calls());
	apply("../case-liby.so.opus");
	apply("../case-prog.opus");
	g = get(50), u = use(50);
	printf("%d %d %d\n", g, u, calls() + 1);
	return 0;
}
