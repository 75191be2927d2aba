/*
 * Starts itself by posix_spawn(3) without a pause. Between the moment that the
 * child is there and its exec, it has the memory of its parent and no handlers.
 *
 *   call       -> version of work()
 *   hold FIFO  -> the id of a child that opens this file, still before its exec
 *   held       -> its status
 *   ended      -> how many children have ended well; ends if one has not
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "target.h"

static volatile int zero;
static _Atomic int ended, over;
static const char *fifo;
static pthread_t holder;

ATTR int work(void)
{
	return 1 + zero;
}

static int spawn(const posix_spawn_file_actions_t *actions)
{
	char *words[] = {"/proc/self/exe", "child", NULL};
	pid_t pid;
	int status;

	if (posix_spawn(&pid, words[0], actions, NULL, words, environ) != 0)
		die("posix_spawn");
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return status;
}

static void *spawn_all(void *unused)
{
	while (!over) {
		int status = spawn(NULL);

		if (status != 0) {
			say("a child ended with %d", status);
			_exit(1);
		}
		ended++;
	}
	return unused;
}

static void *hold(void *unused)
{
	posix_spawn_file_actions_t actions;

	(void)unused;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 5, fifo, O_RDONLY, 0);
	return (void *)(intptr_t)spawn(&actions);
}

int main(int argc, char **argv)
{
	pthread_t spawners[2];
	char line[4096];
	void *status;

	(void)argv;
	if (argc > 1) {
		usleep(300); /* long enough to be found */
		return work() <= 2 ? 0 : 9;
	}
	for (int i = 0; i < 2; i++)
		pthread_create(&spawners[i], NULL, spawn_all, NULL);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", work());
		} else if (!strncmp(line, "hold ", 5)) {
			fifo = strdup(line + 5);
			pthread_create(&holder, NULL, hold, NULL);
			say("done");
		} else if (!strcmp(line, "held")) {
			pthread_join(holder, &status);
			say("%d", (int)(intptr_t)status);
		} else if (!strcmp(line, "ended")) {
			say("%d", ended);
		} else {
			die("no such command");
		}
	}
	over = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(spawners[i], NULL);
	return 0;
}
