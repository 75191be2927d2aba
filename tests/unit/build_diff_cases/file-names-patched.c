/*
 * The name of a source file in the program is as the build called it, whatever the
 * place of the tree; so is that of a header beside it, and of one that is found
 * through an option.
 *
 * replaces: show
 * output: old ../src/a.c a.c ../src/a.h inc/b.h
 * output: new ../src/a.c a.c ../src/a.h inc/b.h
 */
//@ Makefile
prog: src/a.c src/a.h build/inc/b.h
	cd build && $(CC) -O2 -g -I$(OPUS_TOP) -Iinc -o ../prog ../src/a.c -L$(APPLY) -lapply -ldl
//@ src/a.h
static inline const char *a_name(void) { return __FILE__; }
//@ build/inc/b.h
static inline const char *b_name(void) { return __FILE__; }
//@ src/a.c
#include <stdio.h>
#include "a.h"
#include "b.h"
#include "tests/unit/build_apply.h"
#define SHORT (&__FILE__[sizeof("../src/") - 1])
__attribute__((noipa)) void show(const char *what)
{
	what = "new"; //+
	printf("%s %s %s %s %s\n", what, __FILE__, SHORT, a_name(), b_name());
}
int main(int argc, char **argv)
{
	show("old");
	apply(argv[argc - 1]);
	show("old");
	return 0;
}
