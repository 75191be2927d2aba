/*
 * A tree that is copied to be built a second time, in another flavour; a stamp says
 * that this is done. The target is of the copy, the diff is not.
 *
 * target: flavours/two/prog
 * tree: built
 * replaces: user
 * silent: warning
 * output: 2 4 99
 */
//@ Makefile
all: prog flavours/stamp
	$(MAKE) -C flavours/two FLAVOUR=2 prog
prog: src/main.o src/user.o
	$(CC) -g -o $@ $^ -L$(APPLY) -lapply -ldl
%.o: %.c src/user.h
	$(CC) -O2 -g -I$(OPUS_TOP) -DFLAVOUR=$(or $(FLAVOUR),1) -c -o $@ $<
flavours/stamp:
	mkdir -p flavours/two
	tar -cf - --exclude=flavours --exclude=doc --exclude='*.o' --exclude=prog . | tar -xf - -C flavours/two
	touch $@
clean:
	rm -rf src/*.o prog flavours
//@ src/user.h
int user(int v);
#define MOST 9 //-
#define MOST 99 //+
//@ src/user.c
#include "user.h"
__attribute__((noipa)) int user(int v)
{
	return v > 50 ? MOST : v * FLAVOUR;
}
//@ doc/new/readme.h
/* A new file, in a folder that the copy has not. */ //+
//@ src/main.c
#include <stdio.h>
#include "tests/unit/build_apply.h"
#include "user.h"
int main(int argc, char **argv)
{
	printf("%d ", user(1));
	apply(argv[argc - 1]);
	printf("%d %d\n", user(2), user(80));
	return 0;
}
