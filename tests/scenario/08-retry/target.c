/*
 * Threads that sit in a function until they are let out.
 *
 *   enter  -> a thread is inside
 *   leave  -> they are out, the version that they saw
 *   call   -> the version that the main thread gets
 */
#include "target.h"

static struct door inside, out, done;
static volatile int seen;

ATTR int sits(int stay)
{
	if (stay) {
		door_open(&inside);
		door_pass(&out);
	}
	return 1;
}

static void *work(void *unused)
{
	seen = sits(1);
	door_open(&done);
	return unused;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	door_init(&inside);
	door_init(&out);
	door_init(&done);
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "enter")) {
			pthread_create(&thread, NULL, work, NULL);
			door_pass(&inside);
			say("inside");
		} else if (!strcmp(line, "leave")) {
			door_open(&out);
			door_pass(&done);
			pthread_join(thread, NULL);
			say("%d", seen);
		} else if (!strcmp(line, "call")) {
			say("%d", sits(0));
		} else {
			die("no such command");
		}
	}
	return 0;
}
