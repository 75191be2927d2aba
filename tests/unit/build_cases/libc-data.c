/*
 * Variables of libc (with copies in a program that is not position
 * independent), errno, thread-local and static data of the patch's own, and the
 * address of a replaced function.
 *
 * variant: gcc -O2 -g
 * variant: gcc -O2 -g -fno-pie -no-pie
 * variant: clang -O2 -g -fno-pie -no-pie
 * output: old 2 2
 * output: errors 11 11, same 1, table 1, environ 1
 */
#define _GNU_SOURCE
#ifndef PATCH
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "tests/unit/build_apply.h"

__attribute__((noinline, noipa)) int handle(int a, void *self, void *standard, char **env)
{
	fprintf(stdout, "old %d ", a);
	return self && standard && env ? a : errno;
}
int main(int argc, char **argv)
{
	printf("%d\n", handle(argc, (void *)handle, stdout, environ));
	apply(argv[1]);
	errno = 11;
	printf(", environ %d\n", handle(argc, (void *)handle, stdout, environ));
	return 0;
}
#else
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <opus-livepatch/patch.h>
OPUS_PATCH("libc-data", "");
static __thread int mine = 11;
int handle(int a, void *self, void *standard, char **env);
static int (*table[])(int, void *, void *, char **) = {handle};
int handle(int a, void *self, void *standard, char **env)
{
	fprintf(stdout, "errors %d %d, same %d, table %d", errno, mine++,
		standard == (void *)stdout, (void *)table[a - 2] == self);
	return env == environ;
}
OPUS_REPLACE(handle);
#endif
