/*
 * Three functions so far from each other that each is written by a write of its
 * own, called by a thread all the time.
 *
 *   call -> versions of the three
 */
#include "target.h"

#define FAR ATTR __attribute__((aligned(16384)))

static volatile int zero;

FAR int first(void) { return 1 + zero; }
FAR int second(void) { return 1 + zero; }
FAR int third(void) { return 1 + zero; }

static void *busy(void *unused)
{
	for (;;) {
		int sum = first() + second() + third();

		if (sum < 3 || sum > 6)
			die("no such version");
		usleep(50);
	}
	return unused;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	pthread_create(&thread, NULL, busy, NULL);
	while (next(line, sizeof(line)))
		say("%d %d %d", first(), second(), third());
	return 0;
}
