/*
 * A server that begins anew, as the same process, when it is told to.
 *
 *   call  -> version of work()
 *   pin   -> "pinned": a thread waits inside work()
 *   free  -> version that this thread ran
 *   exec  -> "again", when it has begun anew
 */
#include "../target.h"

static struct door go, inside;
static volatile int zero, version;

ATTR int work(int wait)
{
	if (wait) {
		door_open(&inside);
		door_pass(&go);
	}
	return 1 + zero;
}

static void *pinned(void *unused)
{
	version = work(1);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char line[64];

	if (argc > 1)
		say("again");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "pin")) {
			door_init(&go);
			door_init(&inside);
			if (pthread_create(&thread, NULL, pinned, NULL))
				die("pthread_create");
			door_pass(&inside);
			say("pinned");
		} else if (!strcmp(line, "free")) {
			door_open(&go);
			pthread_join(thread, NULL);
			say("%d", version);
		} else if (!strcmp(line, "exec")) {
			char *words[] = {argv[0], "again", NULL};

			execv(argv[0], words);
			die("exec");
		} else {
			die("no such command");
		}
	}
	return 0;
}
