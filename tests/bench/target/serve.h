/*
 * serve.h - what serve() does in its old and its new version: it takes a while.
 *
 * Included by: safe.c and safe_patch.c in this folder.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe.
 */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include <stdint.h>
#include <time.h>

/* Longer ones wait, as for a disk; shorter ones compute. */
#define SERVE_SLEEP_NS 100000

int serve(uint64_t ns);

static inline uint64_t serve_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void serve_sleep(uint64_t ns)
{
	struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};

	nanosleep(&t, NULL);
}

static inline int serve_work(uint64_t ns, int version)
{
	uint64_t end = serve_now() + ns;

	if (ns >= SERVE_SLEEP_NS)
		serve_sleep(ns);
	while (serve_now() < end)
		;
	return version;
}

#endif
