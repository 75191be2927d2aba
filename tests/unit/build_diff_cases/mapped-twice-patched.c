/*
 * Two source files of one name, of whose folders prefix maps have left nothing;
 * only one of them is compiled now.
 *
 * tree: built
 * replaces: step
 * output: 51 152
 * output: 11 152
 */
//@ Makefile
prog: main.o a/util.o b/util.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
main.o: main.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
%/util.o: %/util.c
	cd $* && $(CC) -O2 -g -ffile-prefix-map=$(CURDIR)/$*=. -c -o util.o util.c
clean:
	rm -f prog *.o */*.o
//@ a/util.c
__attribute__((noipa)) static int step(int v)
{
	if (v > 10) return 10; //+
	return v < 0 ? -3 * v : v;
}
int a_get(int v) { return step(v) + 1; }
//@ b/util.c
__attribute__((noipa)) static int step(int v) { return v < 0 ? -3 * v : v + 100; }
int b_get(int v) { return step(v) + 2; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int a_get(int v), b_get(int v);
int main(int argc, char **argv)
{
	printf("%d", a_get(50));
	printf(" %d\n", b_get(50));
	apply(argv[argc - 1]);
	printf("%d", a_get(50));
	printf(" %d\n", b_get(50));
	return 0;
}
