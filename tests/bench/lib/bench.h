/*
 * bench.h - what the measuring programs share.
 *
 * Included by: tests/bench/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe.
 *
 * A failure ends the program with a message and status 1, and the folder of
 * its files and the processes that it started with it.
 */
#ifndef OPUS_BENCH_H
#define OPUS_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define BENCH_PATH 512

/* Set by bench_init(). */
extern char bench_folder[BENCH_PATH]; /* for this run's files */
extern char bench_agent[BENCH_PATH];  /* libopus-agent.so */
extern char bench_send[BENCH_PATH];   /* opus-send */

void bench_init(void);
void bench_fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* "FOLDER/NAME" in a buffer of `size`. */
void bench_path(char *ret, size_t size, const char *folder, const char *name);

static inline uint64_t bench_rdtsc(void)
{
	uint32_t low, high;

	/* lfence: the counter is read after what came before has been done
	 * (SDM volume 2, RDTSC). */
	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}
uint64_t bench_now(void);          /* CLOCK_MONOTONIC, ns */
double bench_cycles_per_ns(void);  /* of the time stamp counter */

void bench_wait_ms(double ms);

/* One line for tests/bench/run. `suffix` is put behind the name. */
void bench_sample(const char *name, const char *suffix, double value);
double bench_median(double *values, size_t count); /* sorts them */
unsigned int bench_rounds(unsigned int usual); /* $OPUS_BENCH_ROUNDS, if set */

/* A process with pipes to its input and from its output. */
struct bench_process {
	pid_t pid;
	int in;
	FILE *out;
};
/* Start argv[0], with the agent preloaded or not. It is killed at our end. */
struct bench_process bench_start(char *const argv[], bool agent);
/* Write a line to it, if `line`, and read the line that it answers. */
void bench_ask(struct bench_process *p, const char *line, char *ret, size_t size);
/* Ask target/target.c for the longest gap that a thread saw, in ms. */
double bench_gap(struct bench_process *p);
/* Close its input, read its output to the end, and wait. Its exit status. */
int bench_end(struct bench_process *p);

/* Its memory in KiB by /proc/PID/smaps_rollup (proc(5)); `field` is its name
 * there, colon included. */
double bench_memory(pid_t pid, const char *field);

/* Run a command to its end, its output into `ret` (may be NULL); it must
 * succeed. Nanoseconds from before its start to its end. */
uint64_t bench_run(char *const argv[], char *ret, size_t size);

/* Compile tests/bench/target/SOURCE with these flags to FOLDER/NAME. */
void bench_compile(const char *source, const char *name, const char *flags);
/* Build FOLDER/NAME.opus from tests/bench/target/SOURCE for FOLDER/TARGET. */
void bench_patch(const char *source, const char *name, const char *target,
		 const char *flags);

/* What opus-send measured and told. */
struct bench_update {
	double command_ms; /* from before the start to the end of the process */
	double pause_ms;
	double total_ms;
	double prepare_ms;
	double stop_ms, scan_ms, switch_ms; /* parts of pause_ms */
};
/* opus-send with these words, NULL behind the last, to that process. False if
 * it failed; what it told is in `ret` all the same. */
bool bench_try(const char *const words[], pid_t pid, struct bench_update *ret);
/* These must succeed. */
struct bench_update bench_apply(const char *patch, pid_t pid);
struct bench_update bench_revert(const char *name, pid_t pid);

#endif
