/*
 * The diff adds a test, with a line for it in a file of which the developers'
 * tools make the Makefile; they are not here.
 *
 * tree: built
 * replaces: use
 * says: warning: new files: the build with the diff fails
 * output: 4
 */
//@ Makefile
prog: main.o
	$(CC) -o $@ main.o -L$(APPLY) -lapply -ldl
main.o: main.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
clean:
	rm -f prog *.o
Makefile: Makefile.am
	@grep -q "a$$" Makefile.am || { echo "the tool is not here"; false; }
	@touch $@
//@ Makefile.am
TESTS = a //-
TESTS = a b //+
//@ tests/b.c
int main(void) { return 0; } //+
//@ main.c
#include "tests/unit/build_apply.h"
#include <stdio.h>
int use(int v);
__attribute__((noipa)) int use(int v)
{
	if (v > 4) v = 4; //+
	return v + (v > 1000);
}
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	printf("%d\n", use(90));
	return 0;
}
