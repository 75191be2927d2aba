/*
 * Two hundred threads that spin on one processor, and a main thread.
 *
 *   call -> result of work()
 */
#include <sched.h>

#include "target.h"

enum { THREADS = 200 };

static volatile int zero, sink;

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void *spin(void *argument)
{
	for (;;)
		sink++;
	return argument;
}

int main(void)
{
	pthread_t thread;
	cpu_set_t one;
	char line[64];

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, spin, NULL))
			die("pthread_create");
	while (next(line, sizeof(line))) {
		if (strcmp(line, "call"))
			die("no such command");
		say("%d", work(0));
	}
	_exit(0);
}
