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
#include <stdint.h>
#include <stdio.h>
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

struct shape {
	uint64_t (*time)(void *code);
	void *code[KINDS];
};

#define ROW(s)                                                                 \
	{time_##s, {(void *)program_##s, (void *)copy_##s, (void *)jump_##s,   \
		    (void *)library_##s}}
static const struct shape shapes[] = {ROW(none), ROW(loop), ROW(1), ROW(2),
				      ROW(4), ROW(6), ROW(8)};

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

int main(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
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
