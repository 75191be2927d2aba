/*
 * Ways to include a header that are not simply a line with its name: a macro says it,
 * a comment and a line that goes on stand in it, a link leads to its folder, and the
 * header that has it was made in a folder beside the source.
 *
 * tree: built
 * replaces: five four one three two
 * silent: -o six.o
 * silent: warning
 * output: 12 22 32 42 52 62
 * output: 14 23 33 43 53 62
 */
//@ Makefile
prog: one.o two.o three.o four.o out/five.o six.o main.o
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
%.o: %.c
	@test -e inc || ln -s h inc
	$(CC) -O2 -g -I$(OPUS_TOP) -I. -Ih -Iout -c -o $@ $<
out/five.o: out/five.c
	echo '#include "../h/limit.h"' >out/made.h
	$(CC) -O2 -g -I$(OPUS_TOP) -Iout -c -o $@ $<
clean:
	rm -f *.o out/*.o out/made.h prog inc
//@ h/limit.h
#define LIMIT 2 //-
#define LIMIT 3 //+
//@ h/both.h
#define BOTH <limit.h>
//@ one.c
#include "h/limit.h"
int one(int v);
int one(int v) { return v > 100 ? 10 + LIMIT : v; } //-
int one(int v) { return v > 100 ? 11 + LIMIT : v; } //+
//@ two.c
#include "h/both.h"
#include BOTH
int two(int v);
int two(int v) { return v > 100 ? 20 + LIMIT : v; }
//@ three.c
/* one */ # /* two
three */ include \
	"h/limit.h"
int three(int v);
int three(int v) { return v > 100 ? 30 + LIMIT : v; }
//@ four.c
#include <inc/limit.h>
int four(int v);
int four(int v) { return v > 100 ? 40 + LIMIT : v; }
//@ out/five.c
#include <made.h>
int five(int v);
int five(int v) { return v > 100 ? 50 + LIMIT : v; }
//@ six.c
/* The order of
 #include lines, "limit.h" too, is no matter here. */
int six(int v);
int six(int v) { return v > 100 ? 62 : v; }
//@ main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
int one(int v), two(int v), three(int v), four(int v), five(int v), six(int v);
static void show(int v)
{
	printf("%d %d %d %d %d %d\n", one(v), two(v), three(v), four(v), five(v), six(v));
}
int main(int argc, char **argv)
{
	show(argc + 100);
	apply(argv[argc - 1]);
	show(argc + 100);
	return 0;
}
