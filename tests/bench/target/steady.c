/*
 * steady.c - loops over malloc and putc; prints ns per turn of each.
 *
 * Called by:  tests/bench/steady.c.
 * Runs on:    command.
 * Locks:      those of malloc and stdio.
 * Signal:     unsafe.
 *
 * The best of many short runs: whatever else the machine does only adds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TURNS 20000
#define RUNS 200

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *volatile kept[16];

static void run_malloc(FILE *null)
{
	(void)null;
	for (int i = 0; i < TURNS; i++) {
		free(kept[i % 16]);
		kept[i % 16] = malloc((size_t)(16 + i % 7 * 48));
	}
}

static void run_putc(FILE *null)
{
	for (int i = 0; i < TURNS; i++)
		putc(i & 0x7f, null);
}

static double best(void (*run)(FILE *), FILE *null)
{
	double least = 1e18;

	for (int i = 0; i < RUNS; i++) {
		double start = now(), took;

		run(null);
		took = now() - start;
		least = took < least ? took : least;
	}
	return least / TURNS;
}

int main(void)
{
	FILE *null = fopen("/dev/null", "w");

	if (!null)
		return 1;
	printf("%.6f %.6f\n", best(run_malloc, null), best(run_putc, null));
	fclose(null);
	return 0;
}
