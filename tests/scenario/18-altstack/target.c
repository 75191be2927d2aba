/*
 * Threads that have one alternate signal stack together, as Varnish's have: its
 * only handler there ends the process. Half of them sleep, half are busy.
 *
 *   check -> "whole" if each thread is still where it was, and `work()`'s version
 */
#include <stdatomic.h>

#include "target.h"

#define THREADS 24

static char area[65536];
static _Atomic long rounds[THREADS];
static volatile int zero;
static _Atomic int lost;

ATTR int work(int value)
{
	return value + 1 + zero;
}

static void on_segv(int number)
{
	(void)number;
	_exit(3);
}

static void share(void)
{
	stack_t one = { .ss_sp = area, .ss_size = sizeof(area) };

	if (sigaltstack(&one, NULL))
		die("sigaltstack");
}

static void *live(void *argument)
{
	volatile long self = (long)argument;

	share();
	for (;;) {
		if (self % 2)
			usleep(3000);
		else
			for (volatile int i = 0; i < 20000; i++)
				;
		if (self != (long)argument || self < 0 || self >= THREADS)
			lost = 1;
		rounds[self]++;
	}
	return NULL;
}

static const char *check(void)
{
	long before[THREADS];

	for (int i = 0; i < THREADS; i++)
		before[i] = rounds[i];
	for (int i = 0; i < THREADS; i++)
		for (int n = 0; rounds[i] == before[i]; n++) {
			if (n == 5000)
				return "a thread is gone";
			usleep(1000);
		}
	return lost ? "a thread is another one" : "whole";
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_segv,
				    .sa_flags = SA_ONSTACK };
	pthread_t thread;
	char line[64];

	share();
	sigaction(SIGSEGV, &action, NULL);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&thread, NULL, live, (void *)i);
	while (next(line, sizeof(line)))
		say("%s %d", check(), work(0));
	return 0;
}
