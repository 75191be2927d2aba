/*
 * safe.c - a busy service: safe THREADS ENTRIES_PER_SECOND DURATION_US
 *
 * Called by:  tests/evaluation/safe.c, which answers its lines.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * Its threads enter serve() together so many times a second, as far as they
 * can, and stay there for so long. Each line of input is answered by the entries
 * a second and the longest time in ns that a call took over its duration, both
 * since the line before.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "serve.h"

#define BACKLOG 0.1 /* s of entries that are made up for, not more */

static int threads;
static double rate; /* of one thread */
static uint64_t stay_ns;
static _Atomic uint64_t entries, worst;

__attribute__((noipa)) int serve(uint64_t ns)
{
	return serve_work(ns, 1);
}

static void note(uint64_t late)
{
	uint64_t seen = atomic_load_explicit(&worst, memory_order_relaxed);

	while (late > seen && !atomic_compare_exchange_weak(&worst, &seen, late))
		;
}

static void *work(void *number)
{
	double start = (double)serve_now() / 1e9, done = 0;
	/* They do not all come at once. */
	double phase = (double)(intptr_t)number / threads;

	for (;;) {
		uint64_t before = serve_now(), took;
		double due = ((double)before / 1e9 - start) * rate + phase;

		if (done >= due) {
			serve_sleep((uint64_t)((done + 0.5 - due) / rate * 1e9) + 1);
			continue;
		}
		if (due - done > rate * BACKLOG + 1)
			done = due - 1;
		serve(stay_ns);
		took = serve_now() - before;
		note(took > stay_ns ? took - stay_ns : 0);
		atomic_fetch_add_explicit(&entries, 1, memory_order_relaxed);
		done++;
	}
	return number;
}

int main(int argc, char **argv)
{
	uint64_t since = serve_now();
	pthread_t thread;
	char line[64];

	if (argc != 4)
		return 2;
	threads = atoi(argv[1]);
	rate = atof(argv[2]) / threads;
	stay_ns = (uint64_t)(atof(argv[3]) * 1e3);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (intptr_t i = 0; i < threads; i++)
		if (pthread_create(&thread, NULL, work, (void *)i))
			return 1;
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		uint64_t now = serve_now();

		printf("%.1f %llu\n",
		       (double)atomic_exchange(&entries, 0) * 1e9 / (double)(now - since),
		       (unsigned long long)atomic_exchange(&worst, 0));
		fflush(stdout);
		since = now;
	}
	return 0;
}
