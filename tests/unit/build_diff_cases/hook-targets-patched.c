/*
 * A program and its library get other first values, each a hook for its own: each
 * hook goes with the patch of its target.
 *
 * target: libx.so
 * build: --target bin/prog --hook hook.c --hook hook_x.c
 * replaces: get x_get
 * says: limit: gets another first value, which a hook is to see to
 * says: case-prog.opus: patch fix-prog, 1 function, 2 references, 1 hook
 * says: case-libx.so.opus: patch fix-libx.so, 1 function, 2 references, 1 hook
 * output: 1010 300
 * output: 30 1100
 * output: 30 300
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o libx.so hook.c hook_x.c
	cp hook.c hook_x.c ..
	$(CC) -o $@ main.o -L. -lx -L$(APPLY) -lapply -ldl
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ hook.c
#include <opus-livepatch/patch.h>
extern int limit OPUS_REF(limit);
int limit_set(void)
{
	return limit = 10;
}
OPUS_HOOK(post_apply, limit_set, agent);
//@ hook_x.c
#include <opus-livepatch/patch.h>
extern int x_limit OPUS_REF(x_limit);
int x_limit_set(void)
{
	return x_limit = 100;
}
OPUS_HOOK(post_apply, x_limit_set, agent);
//@ x.c
static int x_limit = 300; //-
static int x_limit = 100; //+
int x_get(int v);
__attribute__((noipa)) int x_get(int v)
{
	x_limit += v > 9 ? v : 0;
	return v + x_limit; //-
	return v + x_limit + 1000; //+
}
//@ main.c
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/build_apply.h"
int x_get(int v);
static int limit = 30; //-
static int limit = 10; //+
__attribute__((noipa)) int get(int v)
{
	limit += v > 9 ? v : 0;
	return v + limit; //-
	return v + limit + 1000; //+
}
static void apply_with(const char *path, const char *hook)
{
	int (*set)(void);

	fflush(stdout);
	if (fork() != 0) {
		wait(NULL);
		return;
	}
	apply(path);
	*(void **)&set = apply_hook(hook);
	set();
	printf("%d %d\n", get(0), x_get(0));
	exit(0);
}
int main(void)
{
	apply_with("../case-prog.opus", "limit_set");
	apply_with("../case-libx.so.opus", "x_limit_set");
	printf("%d %d\n", get(0), x_get(0));
	return 0;
}
