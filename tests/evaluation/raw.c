/*
 * raw.c - what one update costs, by its phases: raw FUNCTIONS KIND:THREADS...
 *
 * Called by:  tests/evaluation/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * A program of so many functions, all of which are replaced, with so many
 * threads that are asleep, busy (all look at the clock) or one-busy (one looks,
 * the others sleep). Several processes each, so that the first update of a process, which
 * loads libunwind and the patch, is told apart from those that follow. The
 * phases are the agent's own figures; `command_ms` is from before opus-send is
 * started to its end; `seen_ms` is the longest gap in the clock that a thread of
 * the target saw during the command, and `seen_idle_ms` in a time as long in
 * which nothing was done.
 *
 * A line is the words KEY=VALUE that say what was measured, figure, value.
 */
#include <string.h>

#include "tests/bench/lib/bench.h"

#define UPDATES 4 /* of one process; the first is told apart */

#define LONG_MS 1000 /* who takes so long is asked less often */

static char patch[BENCH_PATH];

struct point {
	const char *functions, *threads, *kind;
};

static void figure(const struct point *at, const char *when, const char *name,
		   double value)
{
	printf("functions=%s threads=%s kind=%s update=%s %s %.9g\n",
	       at->functions, at->threads, at->kind, when, name, value);
}

/* Returns how long the command took, or -1 if it failed. */
static double update(const struct point *at, struct bench_process *p, bool first,
		     bool looks)
{
	const char *when = first ? "first" : "later";
	const char *words[] = {"apply", patch, NULL};
	const char *back[] = {"revert", "bench", NULL};
	struct bench_update u, ignored;
	bool done;

	if (looks)
		bench_gap(p);
	done = bench_try(words, p->pid, &u);
	figure(at, when, "failed", !done);
	if (!done)
		return -1;
	if (looks) {
		figure(at, when, "seen_ms", bench_gap(p));
		bench_wait_ms(u.command_ms);
		figure(at, when, "seen_idle_ms", bench_gap(p));
	}
	figure(at, when, "command_ms", u.command_ms);
	figure(at, when, "prepare_ms", u.prepare_ms);
	figure(at, when, "pause_ms", u.pause_ms);
	figure(at, when, "stop_ms", u.stop_ms);
	figure(at, when, "scan_ms", u.scan_ms);
	figure(at, when, "switch_ms", u.switch_ms);
	return bench_try(back, p->pid, &ignored) ? u.command_ms : -1;
}

static void process(const struct point *at)
{
	const char *kind = !strcmp(at->kind, "busy") ? "look"
			   : !strcmp(at->kind, "asleep") ? "nap" : "one";
	char path[BENCH_PATH], line[64];
	char *argv[] = {path, (char *)at->threads, (char *)kind, NULL};
	struct bench_process p;
	double rss, dirty, took = 0;

	bench_path(path, sizeof(path), bench_folder, "raw");
	p = bench_start(argv, true);
	bench_ask(&p, NULL, line, sizeof(line));
	rss = bench_memory(p.pid, "Rss:");
	dirty = bench_memory(p.pid, "Private_Dirty:");
	for (int i = 0; i < UPDATES && took >= 0 && (i < 2 || took < LONG_MS); i++)
		took = update(at, &p, i == 0, *kind != 'n');
	figure(at, "all", "memory_rss_kib", bench_memory(p.pid, "Rss:") - rss);
	figure(at, "all", "memory_dirty_kib",
	       bench_memory(p.pid, "Private_Dirty:") - dirty);
	if (bench_end(&p) != 0)
		bench_fail("the target failed");
}

int main(int argc, char **argv)
{
	unsigned int rounds = bench_rounds(5);
	struct point at;
	char flags[64];

	if (argc < 3)
		bench_fail("usage: raw FUNCTIONS KIND:THREADS...");
	at.functions = argv[1];
	bench_init();
	snprintf(flags, sizeof(flags), "-DCOUNT=%s", at.functions);
	bench_compile("target.c", "raw", flags);
	bench_patch("patch.c", "raw", "raw", flags);
	bench_path(patch, sizeof(patch), bench_folder, "raw.opus");
	for (int i = 2; i < argc; i++) {
		at.kind = strtok(argv[i], ":");
		at.threads = strtok(NULL, ":");
		if (!at.threads)
			bench_fail("no KIND:THREADS: %s", at.kind);
		for (unsigned int n = 0; n < rounds; n++)
			process(&at);
	}
	return 0;
}
