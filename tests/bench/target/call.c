/*
 * call.c - for each line of input: cycles that a call of each function takes.
 *
 * Called by:  tests/bench/call.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * Of every shape four are called: the program's, which gets patched; a copy
 * that does not; a bare `jmp rel32` to that copy; and the library's, which gets
 * patched. All by a pointer, so that the loop around them is the same code.
 * The answer has one line per shape, the four in this order: the best of many
 * short runs, since whatever else the machine does only adds.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/bench.h"
#include "shapes.h"

#define CALLS 4000
#define RUNS 60
#define KINDS 4

SHAPES(program_)
SHAPES(copy_)

/* jmp.d32: the assembler would take the short form where that reaches. */
#define JUMP(shape)                                                            \
	void jump_##shape(void);                                               \
	__attribute__((naked, noinline, aligned(64))) void jump_##shape(void)  \
	{                                                                      \
		__asm__("jmp.d32 copy_" #shape);                               \
	}
JUMP(none) JUMP(loop) JUMP(1) JUMP(2) JUMP(4) JUMP(6) JUMP(8)
JUMP(float1) JUMP(float8) JUMP(struct)

#define LOOP(shape, parameters, arguments)                                     \
	void library_##shape parameters;                                       \
	static __attribute__((noinline)) uint64_t time_##shape(void *code)     \
	{                                                                      \
		void(*volatile pointer) parameters = code;                     \
		void(*f) parameters = pointer;                                 \
		uint64_t start = bench_rdtsc();                                \
		for (int i = 0; i < CALLS; i++)                                \
			f arguments;                                           \
		return bench_rdtsc() - start;                                  \
	}
LOOP(none, (void), ())
LOOP(loop, (void), ())
LOOP(1, (long a), (1))
LOOP(2, (long a, long b), (1, 2))
LOOP(4, (long a, long b, long c, long d), (1, 2, 3, 4))
LOOP(6, (long a, long b, long c, long d, long e, long f), (1, 2, 3, 4, 5, 6))
LOOP(8, (long a, long b, long c, long d, long e, long f, long g, long h),
     (1, 2, 3, 4, 5, 6, 7, 8))
LOOP(float1, (double a), (1))
LOOP(float8, (double a, double b, double c, double d, double e, double f,
	      double g, double h), (1, 2, 3, 4, 5, 6, 7, 8))
LOOP(struct, (struct shape_three s), ((struct shape_three){1, 2, 3}))

struct shape {
	uint64_t (*time)(void *code);
	void *code[KINDS];
};

#define ROW(s)                                                                 \
	{time_##s, {(void *)program_##s, (void *)copy_##s, (void *)jump_##s,   \
		    (void *)library_##s}}
static const struct shape shapes[] = {ROW(none), ROW(loop), ROW(1), ROW(2),
				      ROW(4), ROW(6), ROW(8),
				      ROW(float1), ROW(float8), ROW(struct)};

static void measure(const struct shape *s, double best[KINDS])
{
	for (int k = 0; k < KINDS; k++)
		best[k] = 1e18;
	for (int run = 0; run < RUNS; run++)
		for (int k = 0; k < KINDS; k++) {
			double took = (double)s->time(s->code[k]) / CALLS;

			best[k] = took < best[k] ? took : best[k];
		}
}

/* A thread inside each of the two functions that wait, or out again. */
void library_waits(int fd);

static void *wait_program(void *fd)
{
	program_waits(*(int *)fd);
	return NULL;
}

static void *wait_library(void *fd)
{
	library_waits(*(int *)fd);
	return NULL;
}

static void enter(void)
{
	static int pipes[2][2];
	static void *(*const main_of[2])(void *) = {wait_program, wait_library};
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		if (pipes[i][1] && write(pipes[i][1], "x", 1) != 1)
			exit(1);
		if (!pipes[i][1] && (pipe(pipes[i]) ||
		    pthread_create(&thread, NULL, main_of[i], &pipes[i][0])))
			exit(1);
	}
}

int main(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		if (*line == 'e') { /* "enter", and out the second time */
			enter();
			usleep(20000);
			puts("done");
			fflush(stdout);
			continue;
		}
		for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
			double best[KINDS];

			measure(&shapes[i], best);
			printf("%.4f %.4f %.4f %.4f\n", best[0], best[1], best[2],
			       best[3]);
		}
		fflush(stdout);
	}
	return 0;
}
