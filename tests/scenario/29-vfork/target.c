/*
 * A thread that waits for its vforked child, for as long as the test wants.
 * Commands:
 *   call           -> the version of work()
 *   vfork          -> "waits": a thread has vforked, its child reads from a pipe
 *   inside         -> the same, by work()
 *   child          -> the same, and the child is in work()
 *   spawn FIFO     -> the same, in posix_spawn(3): the child opens the fifo
 *   end            -> what the thread found: the child's exit status
 */
#include "../target.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;
static volatile int zero;
static struct door waits, ends;
static char how[64], *fifo;
static volatile pid_t child;

static void child_waits(void)
{
	door_open(&waits);
	door_pass(&ends);
}

static __attribute__((noinline)) int vfork_in(void (*then)(void))
{
	int status = -1;
	pid_t pid = vfork();

	if (pid == 0) {
		then();
		_exit(7);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

ATTR int work(int inside)
{
	int version = 1 + zero;

	if (inside == 1)
		return vfork_in(child_waits) == 7 ? version : -1;
	if (inside == 2)
		child_waits();
	return version;
}

static void child_works(void)
{
	work(2);
}

static int spawn(void)
{
	char *const command[] = {"/bin/true", NULL};
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 3, fifo, O_RDONLY, 0);
	door_open(&waits);
	if (posix_spawn(&pid, command[0], &actions, NULL, command, environ))
		return -1;
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void *thread_main(void *unused)
{
	(void)unused;
	if (!strcmp(how, "vfork"))
		return (void *)(intptr_t)vfork_in(child_waits);
	if (!strcmp(how, "inside"))
		return (void *)(intptr_t)work(1);
	if (!strcmp(how, "child"))
		return (void *)(intptr_t)vfork_in(child_works);
	return (void *)(intptr_t)spawn();
}

int main(int argc, char **argv)
{
	pthread_t thread;

	fifo = argc > 1 ? argv[1] : NULL;
	door_init(&waits);
	door_init(&ends);
	if (argc > 2) { /* no other thread */
		say("ready");
		return vfork_in(child_waits) == 7 ? 0 : 1;
	}
	while (next(how, sizeof(how))) {
		if (!strcmp(how, "call")) {
			say("%d", work(0));
		} else if (!strcmp(how, "end")) {
			door_open(&ends);
			say_joined(thread);
		} else if (!strcmp(how, "joined")) {
			say_joined(thread);
		} else {
			if (pthread_create(&thread, NULL, thread_main, NULL))
				die("pthread_create");
			door_pass(&waits);
			say("waits");
		}
	}
	return 0;
}
