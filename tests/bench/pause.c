/*
 * pause.c - what an update costs: the whole command, and the threads' pause.
 *
 * Called by:  tests/bench/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * A target is patched and reverted again and again. `command-*` is the time
 * from before opus-send is started to its end; `pause-*`, as the agent measures
 * it, from the first stop signal to the release. `seen-*` is the longest gap
 * in the clock that any of the target's threads saw while the patch was
 * applied, and `.bare` the same over a time as long in which nothing was done:
 * whatever the scheduler does to a spinning thread is in both.
 */
#include <stdlib.h>
#include <time.h>

#include "lib/bench.h"

struct series {
	const char *target; /* also the name of its patch */
	const char *threads;
	const char *kind;   /* see target/target.c */
	const char *pause;
	const char *command;
	const char *seen;
};

static const struct series list[] = {
	{"one", "1", "nap", "pause-1", "command-1", NULL},
	{"one", "8", "nap", "pause-8", NULL, NULL},
	{"one", "64", "nap", "pause-64", NULL, NULL},
	{"one", "64", "spin", "pause-64-spin", NULL, NULL},
	{"one", "1", "look", NULL, NULL, "seen-1"},
	{"one", "8", "look", NULL, NULL, "seen-8"},
	{"hundred", "64", "nap", "pause-100-functions", NULL, NULL},
	{"thousand", "1", "nap", "pause-1000", "command-1000", NULL},
};

static double worst(struct bench_process *p)
{
	char line[64];

	bench_ask(p, "worst", line, sizeof(line));
	return strtod(line, NULL) / 1e6;
}

static void wait_ms(double ms)
{
	struct timespec t = {(time_t)(ms / 1e3), (long)(ms * 1e6) % 1000000000};

	nanosleep(&t, NULL);
}

static void series_one(const struct series *s, struct bench_process *p,
		       bool first)
{
	char patch[64];
	struct bench_update u;

	snprintf(patch, sizeof(patch), "%s.opus", s->target);
	worst(p);
	u = bench_apply(patch, p->pid);
	if (s->seen && !first) {
		bench_sample(s->seen, "", worst(p));
		wait_ms(u.command_ms);
		bench_sample(s->seen, ".bare", worst(p));
	}
	/* The first one loads the patch and libunwind as well. */
	if (first && s->command)
		bench_sample(s->command, "-first", u.command_ms);
	if (!first && s->command)
		bench_sample(s->command, "", u.command_ms);
	if (!first && s->pause)
		bench_sample(s->pause, "", u.pause_ms);
	bench_revert("bench", p->pid);
}

static void series_run(const struct series *s)
{
	char path[BENCH_PATH], line[64];
	char *argv[] = {path, (char *)s->threads, (char *)s->kind, NULL};
	/* Those that spin take the processors from everybody. */
	unsigned int rounds = bench_rounds(*s->kind == 's' ? 8 : 25);
	struct bench_process p;

	bench_path(path, sizeof(path), bench_folder, s->target);
	p = bench_start(argv, true);
	bench_ask(&p, NULL, line, sizeof(line));
	for (unsigned int i = 0; i <= rounds; i++)
		series_one(s, &p, i == 0);
	if (bench_end(&p) != 0)
		bench_fail("%s: the target failed", s->pause);
}

int main(void)
{
	static const char *const targets[][2] = {
		{"one", "-DCOUNT=1"}, {"hundred", "-DCOUNT=100"},
		{"thousand", "-DCOUNT=1000"}};

	bench_init();
	for (int i = 0; i < 3; i++) {
		bench_compile("target.c", targets[i][0], targets[i][1]);
		bench_patch("patch.c", targets[i][0], targets[i][0], targets[i][1]);
	}
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		series_run(&list[i]);
	return 0;
}
