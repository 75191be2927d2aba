/*
 * A file gets another name, and one of its functions another text.
 *
 * replaces: add get
 * output: old 15 15
 * output: new 125 125
 */
//@ Makefile
SRC := $(wildcard *.c)
prog: $(SRC:.c=.o)
	$(CC) -O2 -g $(LDFLAGS) -o $@ $^ -L$(APPLY) -lapply -ldl -lm
%.o: %.c
	$(CC) -O2 -g -I$(OPUS_TOP) -c -o $@ $<
clean:
	rm -f *.o prog
//@ a.c
#include "a.h"
#include <stdio.h>
#include "tests/unit/build_apply.h"
int main(int argc, char **argv)
{
	int n = add(5);

	printf("old %d %d\n", n, get());
	apply(argv[argc - 1]);
	n = add(10);
	printf("new %d %d\n", n, get());
	return 0;
}
//@ a.h
int add(int n), get(void);
//@ b.c
#include "a.h" //-
static int sum = 10; //-
__attribute__((noipa)) int get(void) { return sum; } //-
__attribute__((noipa)) int add(int n) { return sum += n; } //-
//@ c.c
#include "a.h" //+
static int sum = 10; //+
__attribute__((noipa)) int get(void) { return sum; } //+
__attribute__((noipa)) int add(int n) { return sum += n + 100; } //+
