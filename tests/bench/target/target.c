/*
 * target.c - a program with COUNT functions: target THREADS nap|spin|look|one.
 *
 * Called by:  tests/bench/pause.c and others, which answer its lines.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * Its threads sleep, spin, or look at the clock (all of them, or one while the
 * others sleep): then each line of input is answered by the longest time, in ns,
 * that any of them did not run since the line before. The main thread waits for
 * input in all cases.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "functions.h"

#define F(x)                                                                   \
	__attribute__((noinline)) int f##x(int n);                             \
	int f##x(int n)                                                        \
	{                                                                      \
		__asm__ volatile("" : "+r"(n));                                \
		n += x;                                                        \
		__asm__ volatile("" : "+r"(n));                                \
		return n * 3;                                                  \
	}
FUNCTIONS

static _Atomic uint64_t worst;
static volatile int sink;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *spin(void *arg)
{
	/* Outside of what is patched: else the update waits for them. */
	for (;;)
		sink++;
	return arg;
}

static void *nap(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *look(void *arg)
{
	uint64_t last = now(), next;

	for (;; last = next) {
		uint64_t seen = atomic_load_explicit(&worst, memory_order_relaxed);

		next = now();
		while (next - last > seen &&
		       !atomic_compare_exchange_weak(&worst, &seen, next - last))
			;
	}
	return arg;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1;
	char kind = argc > 2 ? argv[2][0] : 'n', line[64];
	bool looks = kind == 'l' || kind == 'o';
	pthread_attr_t attr;
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	/* Those that look are all beside the main thread, others with it. */
	for (int i = looks ? 0 : 1; i < threads; i++)
		if (pthread_create(&thread, &attr, kind == 's' ? spin
				   : kind == 'l' || (looks && i == 0) ? look : nap,
				   NULL))
			return 1;
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("%llu\n", (unsigned long long)atomic_exchange(&worst, 0));
		fflush(stdout);
	}
	return 0;
}
