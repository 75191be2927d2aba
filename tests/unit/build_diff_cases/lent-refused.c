/*
 * The same as lent-patched.c with a variable: two copies would count apart.
 *
 * target: libx.so
 * build: --target bin/prog --target before/aside
 * tree: built
 * command: make -B
 * exit: 2
 * says: refused: cap: is new in libx.so, with a variable, capped, of which there has to be one, and
 * says: no process has them all
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
all: prog aside
prog: main.o libx.so
	$(CC) -o $@ main.o -L. -lx -L$(APPLY) -lapply -ldl
aside: aside.o libx.so
	$(CC) -o $@ aside.o -L. -lx
libx.so: step.c step.h
	$(CC) $(CFLAGS) -fPIC -shared -o $@ step.c
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
static int capped; //+
static int least(int v, int w) { capped += v > w; return v < w ? v : w + capped / 1000; } //+
__attribute__((noipa)) int cap(int v, int most) { called++; return least(v, most) + many(called); } //+
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
	apply("../case-libx.so.opus");
	apply("../case-prog.opus");
	g = get(50), u = use(50);
	printf("%d %d %d\n", g, u, calls() + 1);
	return 0;
}
