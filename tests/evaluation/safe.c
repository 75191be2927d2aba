/*
 * safe.c - how long until no thread is in the old code: safe THREADS RATE US
 *
 * Called by:  tests/evaluation/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * A function is entered RATE times a second by THREADS threads and takes US
 * microseconds. It is patched and reverted in turn, in three ways: threads are
 * followed and those that come in held now and then (barrier), only followed
 * (track), or stopped and looked at again and again (retry). A way that has
 * ended in time not once in its first tries is given up. `safe_ms` is the whole
 * command, if it ended in time; `late_ms` is the longest time by which a call
 * of the function took longer than it should while the command ran, and
 * `late_idle_ms` the same in a time as long without a command.
 */
#include <stdlib.h>

#include "tests/bench/lib/bench.h"

#define LIMIT "1" /* s */
#define GIVE_UP 4

static const char *const ways[][2] = {
	{"barrier", NULL}, {"track", "--no-barrier"}, {"retry", "--retry"}};

static const char *threads, *rate, *us;
static char patch[BENCH_PATH];

static void figure(const char *way, const char *name, double value)
{
	printf("threads=%s rate=%s us=%s way=%s %s %.9g\n", threads, rate, us, way,
	       name, value);
}

/* Entries a second and longest delay in ms since the last question. */
static double ask(struct bench_process *p, double *ret_late)
{
	char line[64], *at;
	double entries;

	bench_ask(p, "look", line, sizeof(line));
	entries = strtod(line, &at);
	*ret_late = strtod(at, NULL) / 1e6;
	return entries;
}

/* The first update of a process loads libunwind: that is not measured here. */
static void warm(struct bench_process *p)
{
	const char *once[] = {"apply", patch, "--timeout", "0", NULL};
	const char *back[] = {"revert", "safe", NULL};
	struct bench_update u;

	if (bench_try(once, p->pid, &u) && !bench_try(back, p->pid, &u))
		bench_fail("the first update could not be taken back");
}

static struct bench_process start(void)
{
	char path[BENCH_PATH], line[64];
	char *argv[] = {path, (char *)threads, (char *)rate, (char *)us, NULL};
	struct bench_process p;

	bench_path(path, sizeof(path), bench_folder, "safe");
	p = bench_start(argv, true);
	bench_ask(&p, NULL, line, sizeof(line));
	warm(&p);
	return p;
}

static bool update(struct bench_process *p, int way, bool apply)
{
	const char *words[] = {apply ? "apply" : "revert", apply ? patch : "safe",
			       "--timeout", LIMIT, ways[way][1], NULL};
	const char *name = ways[way][0];
	struct bench_update u;
	double late, idle;
	bool done;

	ask(p, &late);
	done = bench_try(words, p->pid, &u);
	ask(p, &late);
	bench_wait_ms(u.command_ms);
	figure(name, "entries", ask(p, &idle));
	figure(name, "in_time", done);
	figure(name, "late_ms", late);
	figure(name, "late_idle_ms", idle);
	if (done)
		figure(name, "safe_ms", u.command_ms);
	return done;
}

/* The old code runs again, whatever it takes: a new process if need be. */
static void put_back(struct bench_process *p)
{
	const char *back[] = {"revert", "safe", NULL};
	struct bench_update u;

	if (bench_try(back, p->pid, &u))
		return;
	bench_end(p);
	*p = start();
}

static void measure(int way, unsigned int rounds)
{
	struct bench_process p = start();
	unsigned int good = 0, tries = 0;

	while (tries < rounds && (good || tries < GIVE_UP)) {
		bool done = update(&p, way, true);

		tries++;
		good += done;
		if (!done)
			continue;
		done = update(&p, way, false);
		tries++;
		good += done;
		if (!done)
			put_back(&p);
	}
	bench_end(&p);
}

int main(int argc, char **argv)
{
	unsigned int rounds = bench_rounds(20);

	if (argc != 4)
		bench_fail("usage: safe THREADS RATE US");
	threads = argv[1];
	rate = argv[2];
	us = argv[3];
	bench_init();
	bench_compile("safe.c", "safe", "");
	bench_patch("safe_patch.c", "safe", "safe", "-O2");
	bench_path(patch, sizeof(patch), bench_folder, "safe.opus");
	for (int way = 0; way < 3; way++)
		measure(way, rounds);
	return 0;
}
