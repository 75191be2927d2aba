/*
 * Variables get other first values, and a hook sets them, with a type of the
 * project's headers.
 *
 * build: --hook hook.c
 * replaces: get
 * says: gets another first value, which a hook is to see to
 * output: 30 read
 * output: 1010 write
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP) -Iinclude
prog: a.o
	$(CC) -o $@ a.o -L$(APPLY) -lapply -ldl
a.o: a.c include/way.h hook.c
	cp hook.c ..
	$(CC) $(CFLAGS) -c -o $@ a.c
clean:
	rm -f *.o prog
//@ include/way.h
struct way { int number; const char *name; };
//@ hook.c
#include <opus-livepatch/patch.h>
#include "way.h"
extern int timeout OPUS_REF(timeout);
extern struct way ways[2] OPUS_REF(ways);
int values_set(void)
{
	if (timeout == 30)
		timeout = 10;
	ways[1].name = "write";
	return 0;
}
OPUS_HOOK(post_apply, values_set, agent);
//@ a.c
#include <stdio.h>
#include "way.h"
#include "tests/unit/build_apply.h"
static int timeout = 30; //-
static int timeout = 10; //+
struct way ways[2] = {{1, "none"}, {2, "read"}}; //-
struct way ways[2] = {{1, "none"}, {2, "write"}}; //+
__attribute__((noipa)) int get(int v)
{
	ways[0].number += timeout > 1000 ? timeout++ : 0;
	return v + timeout; //-
	return v + timeout + 1000; //+
}
int main(int argc, char **argv)
{
	int (*set)(void);

	printf("%d %s\n", get(0), ways[1].name);
	apply(argv[argc - 1]);
	*(void **)&set = apply_hook("values_set");
	set();
	printf("%d %s\n", get(0), ways[1].name);
	return 0;
}
