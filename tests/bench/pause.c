/*
 * pause.c - what an update costs: the whole command, and the threads' pause.
 *
 * Called by:  tests/bench/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * A target is patched and reverted again and again. `command-*` is the time
 * from before opus-send is started to its end, in a fresh process each time
 * (`-again`: once more in the same one); `pause-*`, as the agent measures it,
 * from the first stop signal to the release. `seen-*` is the longest gap
 * in the clock that any of the target's threads saw while the patch was
 * applied, and `.bare` the same over a time as long in which nothing was done:
 * whatever the scheduler does to a spinning thread is in both.
 */

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

static struct bench_process target_start(const struct series *s, const char *patch)
{
	char path[BENCH_PATH], line[64];
	char *argv[] = {path, (char *)s->threads, (char *)s->kind, NULL};
	struct bench_process p;

	bench_path(path, sizeof(path), bench_folder, s->target);
	p = bench_start(argv, true);
	bench_ask(&p, NULL, line, sizeof(line));
	/* The first one loads patch and libunwind: what an operator pays. */
	if (s->command)
		bench_sample(s->command, "", bench_apply(patch, p.pid).command_ms);
	else
		bench_apply(patch, p.pid);
	bench_revert("bench", p.pid);
	return p;
}

static void series_one(const struct series *s, struct bench_process *p,
		       const char *patch)
{
	struct bench_update u;

	bench_gap(p);
	u = bench_apply(patch, p->pid);
	if (s->seen) {
		bench_sample(s->seen, "", bench_gap(p));
		bench_wait_ms(u.command_ms);
		bench_sample(s->seen, ".bare", bench_gap(p));
	}
	if (s->command)
		bench_sample(s->command, "-again", u.command_ms);
	if (s->pause)
		bench_sample(s->pause, "", u.pause_ms);
	bench_revert("bench", p->pid);
}

static void series_run(const struct series *s)
{
	/* Those that spin take the processors from everybody. */
	unsigned int rounds = bench_rounds(*s->kind == 's' ? 8 : 25);
	struct bench_process p;
	char patch[64];

	snprintf(patch, sizeof(patch), "%s.opus", s->target);
	for (unsigned int i = 0; i < rounds; i++) {
		if (i == 0 || s->command)
			p = target_start(s, patch);
		series_one(s, &p, patch);
		if ((i + 1 == rounds || s->command) && bench_end(&p) != 0)
			bench_fail("%s: the target failed", s->target);
	}
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
