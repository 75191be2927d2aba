/*
 * A target for tests that are about the tools: two threads (one, with an
 * argument) and two functions.
 *
 *   call  -> version of work()
 *   pin   -> "pinned TID": a thread waits inside work()
 *   free  -> version that this thread ran
 *   both  -> version of work(), version of other()
 *   lock  -> "locked": all memory of now and later (mlockall)
 *   rounds -> how often the second thread has called work() so far
 */
#include <sys/mman.h>

#include "target.h"

static struct door go, inside;
static volatile int zero;
static volatile long rounds;

ATTR int work(int wait)
{
	if (wait) {
		door_open(&inside);
		door_pass(&go);
	}
	return 1 + zero;
}

ATTR int other(int value)
{
	return value + 1 + zero;
}

static void *busy(void *unused)
{
	for (;;) {
		int version = work(0);

		if (version != 1 && version != 2 && version != 3)
			die("version");
		rounds++;
		usleep(200);
	}
	return unused;
}

static int pin_tid;
static void *pin_main(void *unused)
{
	(void)unused;
	pin_tid = thread_id();
	return (void *)(intptr_t)work(1);
}

int main(int argc, char **argv)
{
	pthread_t thread, pin;
	char line[64];

	door_init(&go);
	door_init(&inside);
	(void)argv;
	if (argc == 1 && pthread_create(&thread, NULL, busy, NULL))
		die("pthread_create");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "both")) {
			say("%d %d", work(0), other(0));
		} else if (!strcmp(line, "pin")) {
			pthread_create(&pin, NULL, pin_main, NULL);
			door_pass(&inside);
			say("pinned %d", pin_tid);
		} else if (!strcmp(line, "free")) {
			door_open(&go);
			say_joined(pin);
		} else if (!strcmp(line, "lock")) {
			say(mlockall(MCL_CURRENT | MCL_FUTURE) ? "not" : "locked");
		} else if (!strcmp(line, "rounds")) {
			say("%ld", rounds);
		} else {
			die("no such command");
		}
	}
	return 0;
}
