/*
 * Waits, measured by the kernel's clock and not by what clock_gettime() says.
 *
 *   call -> version of work()
 *   wait -> milliseconds that a wait for 1,000 took
 */
#include "target.h"

static volatile int zero;

ATTR int work(int value)
{
	return value + 1 + zero;
}

static long milliseconds(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(void)
{
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "wait")) {
			long before = milliseconds();

			if (poll(NULL, 0, 1000) != 0)
				die("poll");
			say("%ld", milliseconds() - before);
		} else {
			die("no such command");
		}
	}
	return 0;
}
