/*
 * A program that becomes a daemon on command: its commands go on, its pid and
 * its other threads do not.
 *
 *   pid    -> the process id
 *   pin    -> "pinned": a thread waits inside work()
 *   daemon -> the new process id
 *   call   -> result of work()
 */
#include "target.h"

static struct door go, inside;

static volatile int zero;

ATTR int work(int wait)
{
	if (wait) {
		door_open(&inside);
		door_pass(&go);
	}
	return 1 + zero;
}

static void *pin_main(void *unused)
{
	work(1);
	return unused;
}

int main(void)
{
	pthread_t pin;
	char line[64];

	door_init(&go);
	door_init(&inside);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "daemon")) {
			if (daemon(1, 1))
				die("daemon");
			say("%d", getpid());
		} else if (!strcmp(line, "pid")) {
			say("%d", getpid());
		} else if (!strcmp(line, "pin")) {
			pthread_create(&pin, NULL, pin_main, NULL);
			door_pass(&inside);
			say("pinned");
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else {
			die("no such command");
		}
	}
	return 0;
}
