/*
 * A hook that none of the patches has use for.
 *
 * target: libx.so
 * build: --target bin/prog --hook hook.c
 * exit: 1
 * says: hook.c names no variable of one of them that gets another first value
 */
//@ Makefile
CFLAGS = -O2 -g -I$(OPUS_TOP)
prog: main.o libx.so hook.c
	cp hook.c ..
	$(CC) -o $@ main.o -L. -lx -L$(APPLY) -lapply -ldl
libx.so: x.c
	$(CC) $(CFLAGS) -fPIC -shared -o $@ x.c
clean:
	rm -f *.o prog *.so
//@ hook.c
#include <opus-livepatch/patch.h>
int nothing_set(void)
{
	return 0;
}
OPUS_HOOK(post_apply, nothing_set, agent);
//@ x.c
int x_get(int v);
__attribute__((noipa)) int x_get(int v)
{
	return v < 0 ? -v * 7 : v * 2; //-
	return v < 0 ? -v * 7 : v * 3; //+
}
//@ main.c
#include "tests/unit/build_apply.h"
int x_get(int v);
__attribute__((noipa)) int get(int v)
{
	return v < 0 ? -v * 7 : v * 2; //-
	return v < 0 ? -v * 7 : v * 3; //+
}
int main(int argc, char **argv)
{
	apply(argv[argc - 1]);
	return get(0) + x_get(0);
}
