/*
 * Processes that end as soon as they are made, by some threads without a break,
 * below one that stays.
 *
 *   call  -> version of work()
 */
#include "../target.h"

#include <sys/wait.h>

static volatile int zero;

ATTR int work(int wait)
{
	return 1 + zero + (wait && zero);
}

static void *make(void *unused)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			die("child");
	}
	return unused;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, make, NULL))
			die("pthread_create");
	while (next(line, sizeof(line)))
		if (!strcmp(line, "call"))
			say("%d", work(0));
	return 0;
}
