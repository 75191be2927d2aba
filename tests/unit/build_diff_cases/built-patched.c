/*
 * The tree is built already: what depends on the diff is compiled again. The
 * source is in folders, and the command changes into them.
 *
 * tree: built
 * replaces: answer
 * output: 41
 * output: 42
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o lib/liba.a
	$(CC) -o $@ $^ -L$(APPLY) -lapply -ldl
lib/liba.a: lib/answer.c lib/answer.h
	cd lib && $(CC) $(CFLAGS) -MD -MF x.d -c -o ./sub.o ./answer.c && ar rc liba.a sub.o
clean:
	rm -f *.o prog lib/*.o lib/*.a lib/*.d
//@ lib/answer.h
int answer(void);
#define ANSWER 41 //-
#define ANSWER 42 //+
//@ lib/answer.c
#include "answer.h"
__attribute__((noipa)) int answer(void) { return ANSWER; }
//@ main.c
#include <stdio.h>
#include "lib/answer.h"
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	printf("%d\n", answer());
	apply(argv[argc - 1]);
	printf("%d\n", answer());
	return 0;
}
