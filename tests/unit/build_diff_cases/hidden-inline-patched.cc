/*
 * Inline variables, and static ones of inline functions, that are hidden: the target
 * has local symbols for them.
 *
 * target: liba.so
 * replaces: _Z3usei
 * silent: warning
 * output: old 32
 * output: new 1054
 */
//@ Makefile
CFLAGS = -O2 -g -fPIC -fvisibility=hidden -fvisibility-inlines-hidden -I$(OPUS_TOP)
prog: main.o liba.so
	$(CXX) -o $@ main.o -L. -la -L$(APPLY) -lapply -ldl
liba.so: a.o b.o
	$(CXX) -shared -o $@ a.o b.o
%.o: %.cc
	$(CXX) $(CFLAGS) -c -o $@ $<
clean:
	rm -f *.o *.so prog
//@ a.h
inline int shared = 3;
struct counter { static inline int calls = 10; };
inline int next()
{
	static int n = 7;
	return n++;
}
int touch(int n);
//@ a.cc
#include "a.h"
__attribute__((noipa, visibility("default"))) int use(int n)
{
	n += 1000; //+
	return touch(n) + shared++ + counter::calls++ + next();
}
//@ b.cc
#include "a.h"
__attribute__((noipa)) int touch(int n)
{
	shared += 5;
	counter::calls += next() - 6;
	return n;
}
//@ main.cc
#include <cstdio>
#include "tests/unit/build_apply.h"
int use(int n);
int main(int argc, char **argv)
{
	printf("old %d\n", use(5));
	apply(argv[argc - 1]);
	printf("new %d\n", use(15));
	return 0;
}
