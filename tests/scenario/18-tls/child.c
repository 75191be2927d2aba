/*
 * child.c - a program whose children share its memory and have no thread-local
 * storage but a page of zeroes, as Chromium makes them: "exit", "exec" and "wait".
 * libc's functions work there as long as they do not fail; those that wait only as
 * long as the program never had a second thread.
 */
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../target.h"

#define SIZE 65536
#define PATTERN 0x5a

static char area[2 * SIZE] __attribute__((aligned(4096)));
static char stack[SIZE] __attribute__((aligned(16)));
static int ends[2];

static int child(void *data)
{
	const char *what = data;
	char *const words[] = {(char *)"true", NULL}, *const env[] = {NULL};
	const struct timespec moment = {0, 1000};
	sigset_t set;
	char byte = 1;

	sigemptyset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (setsid() < 0 || chdir("/") != 0)
		_exit(1);
	if (*what == 'w' &&
	    (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1 ||
	     poll(NULL, 0, 1) != 0 || nanosleep(&moment, NULL) != 0))
		_exit(2);
	if (what[1] == 'x' && what[2] == 'e')
		execve("/bin/true", words, env);
	_exit(0);
}

int main(void)
{
	char line[64];

	if (pipe(ends) != 0)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		int status = -1, kept = 0;
		pid_t pid;

		memset(area, PATTERN, sizeof(area));
		memset(area + SIZE, 0, 4096);
		pid = clone(child, stack + SIZE,
			    CLONE_VM | CLONE_VFORK | CLONE_SETTLS | SIGCHLD,
			    line, NULL, area + SIZE, NULL);
		waitpid(pid, &status, 0);
		for (size_t i = 0; i < SIZE; i++)
			kept += area[i] == PATTERN;
		printf("%d %d\n", status, kept == SIZE);
	}
	return 0;
}
