/*
 * spawn N -> what a child ended with that a handler starts, on an alternate stack of
 *            8 KiB, with N words in its environment; and a thread, on 16 KiB
 */
#include <limits.h>
#include <stdbool.h>
#include <spawn.h>
#include <sys/wait.h>

#include "target.h"

static char *environment[2048];
static char memory[2 * 8192];
static int thread_status, handler_status;

static int spawn(void)
{
	static char name[] = "true";
	char *words[] = {name, NULL};
	int status = -1;
	pid_t pid;

	if (posix_spawn(&pid, "/bin/true", NULL, NULL, words, environment) == 0)
		waitpid(pid, &status, 0);
	return status;
}

static void handle(int signo)
{
	(void)signo;
	handler_status = spawn();
}

static void *begin(void *unused)
{
	thread_status = spawn();
	return unused;
}

int main(void)
{
	/* Of what lies below somebody would notice. */
	stack_t stack = {.ss_sp = memory + 8192, .ss_size = 8192};
	struct sigaction act = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
	static char word[] = "SERVICE_PORT=80";
	pthread_attr_t small;
	char line[100];
	pthread_t thread;
	bool whole;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN);
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &act, NULL);
	while (next(line, sizeof(line))) {
		for (int n = 0; n < atoi(line + 6); n++)
			environment[n] = word;
		memset(memory, 7, 8192);
		raise(SIGUSR1);
		whole = true;
		for (int n = 0; n < 8192; n++)
			whole &= memory[n] == 7;
		if (!whole)
			die("what lies below the stack is written over");
		if (pthread_create(&thread, &small, begin, NULL))
			die("pthread_create");
		pthread_join(thread, NULL);
		say("%d %d", handler_status, thread_status);
	}
	return 0;
}
