/*
 * A target for hooks of patches.
 *
 *   call   -> version of work()
 *   record -> what the hooks left in `record`, which is then emptied
 */
#include "target.h"

char record[512];
int limit = 5;
volatile long ticks; /* a thread counts */
static volatile int zero;

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void *count(void *argument)
{
	for (;;) {
		ticks++;
		usleep(20);
	}
	return argument;
}

int main(void)
{
	char line[64];
	pthread_t thread;

	if (pthread_create(&thread, NULL, count, NULL))
		die("pthread_create");

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "record")) {
			say("%s", record);
			record[0] = '\0';
		} else {
			die("no such command");
		}
	}
	return 0;
}
