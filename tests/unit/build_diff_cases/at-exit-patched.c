/*
 * New calls of functions that libc has in an archive, for the start files' handle.
 *
 * replaces: start
 * output: start
 * output: before
 * output: child
 * output: bye
 */
//@ a.c
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/build_apply.h"
static void bye(void) { puts("bye"); }
static void before(void) { puts("before"); fflush(stdout); }
__attribute__((noipa)) void start(int n)
{
	if (n > 8) {
		bye();
		before();
	}
	puts("start"); //-
	if (atexit(bye) != 0 || pthread_atfork(before, NULL, NULL) != 0) //+
		puts("failed"); //+
	fflush(stdout);
}
int main(int argc, char **argv)
{
	start(argc);
	apply(argv[argc - 1]);
	start(argc);
	if (fork() == 0) {
		puts("child");
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
