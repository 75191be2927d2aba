/*
 * Sixteen threads that are in work() for 60 ms, come out and go in again: some
 * are inside at any time, each for longer than the barrier's first hold.
 *
 *   state -> how many calls have ended, of version 1 and of version 2
 */
#include <stdatomic.h>

#include "target.h"

static _Atomic int ended[3];
static volatile int zero;

ATTR int work(int value)
{
	usleep(60000);
	return value + 1 + zero;
}

static void *go_on(void *unused)
{
	for (;;)
		ended[work(0)]++;
	return unused;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	for (int i = 0; i < 16; i++) {
		pthread_create(&thread, NULL, go_on, NULL);
		usleep(3750);
	}
	while (next(line, sizeof(line)))
		say("%d %d", ended[1], ended[2]);
	return 0;
}
