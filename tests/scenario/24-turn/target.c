/*
 * Two threads that want a processor each, all the time, and one that waits.
 *
 *   spin -> "spinning"
 */
#include "target.h"

static void *spin(void *unused)
{
	for (;;)
		__asm__ volatile("");
	return unused;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	while (next(line, sizeof(line))) {
		for (int i = 0; i < 2; i++)
			if (pthread_create(&thread, NULL, spin, NULL))
				die("pthread_create");
		say("spinning");
	}
	_exit(0);
}
