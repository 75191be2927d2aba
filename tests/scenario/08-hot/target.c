/*
 * Sixteen threads for ever in a function that takes a while, so that on few
 * processors one of them is always inside.
 *
 *   start  -> threads run
 *   reset  -> forget the longest gap
 *   state  -> smallest and largest version that all threads saw last, and the
 *             longest time in ms that one thread was away from the function
 *   stop   -> "stopped"
 */
#include "target.h"

#define THREADS 16

static struct {
	int version;
	double longest;
	int reset;
} __attribute__((aligned(64))) seen[THREADS];
static volatile int stop;
static volatile long sink;

/* About half a millisecond of work, most of it preempted by the others. */
ATTR int hot(int rounds)
{
	for (int i = 0; i < rounds; i++)
		sink = sink + i;
	return 1;
}

static void *work(void *argument)
{
	int me = (int)(intptr_t)argument;
	double before = now();

	while (!stop) {
		double after;

		seen[me].version = hot(200000);
		after = now();
		if (seen[me].reset) {
			seen[me].longest = 0;
			seen[me].reset = 0;
		} else if (after - before > seen[me].longest) {
			seen[me].longest = after - before;
		}
		before = after;
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	char line[64];

	while (next(line, sizeof(line))) {
		int low = 9, high = 0;
		double longest = 0;

		if (!strcmp(line, "start")) {
			for (intptr_t i = 0; i < THREADS; i++)
				pthread_create(&threads[i], NULL, work,
					       (void *)i);
			say("started");
		} else if (!strcmp(line, "reset")) {
			for (int i = 0; i < THREADS; i++)
				seen[i].reset = 1;
			say("reset");
		} else if (!strcmp(line, "state")) {
			for (int i = 0; i < THREADS; i++) {
				if (seen[i].version < low)
					low = seen[i].version;
				if (seen[i].version > high)
					high = seen[i].version;
				if (seen[i].longest > longest)
					longest = seen[i].longest;
			}
			say("%d %d %.0f", low, high, longest * 1e3);
		} else if (!strcmp(line, "stop")) {
			stop = 1;
			for (int i = 0; i < THREADS; i++)
				pthread_join(threads[i], NULL);
			say("stopped");
		} else {
			die("no such command");
		}
	}
	return 0;
}
