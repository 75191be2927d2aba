/*
 * memory.c - what the agent adds to the memory of a small process.
 *
 * Called by:  tests/bench/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * From /proc/PID/smaps_rollup (proc(5)), with the agent and without, in turn:
 * dormant, and after one patch was applied. `rss` counts pages of the agent's
 * file that every process shares; `dirty` is what each process pays for itself.
 */
#include "lib/bench.h"

static const char *const fields[][2] = {
	{"Rss:", "rss"}, {"Pss:", "pss"}, {"Private_Dirty:", "dirty"},
	{"Private_Clean:", "clean"},
};
#define FIELDS 4

static void memory_read(pid_t pid, double ret[FIELDS])
{
	for (int i = 0; i < FIELDS; i++)
		ret[i] = bench_memory(pid, fields[i][0]);
}

static struct bench_process start(bool agent, double ret[FIELDS])
{
	char path[BENCH_PATH], line[64];
	char *argv[] = {path, NULL};
	struct bench_process p;

	bench_path(path, sizeof(path), bench_folder, "one");
	p = bench_start(argv, agent);
	bench_ask(&p, NULL, line, sizeof(line));
	memory_read(p.pid, ret);
	return p;
}

static void samples(const char *prefix, const double with[FIELDS],
		    const double without[FIELDS])
{
	for (int i = 0; i < FIELDS; i++)
		bench_sample(prefix, fields[i][1], with[i] - without[i]);
}

int main(void)
{
	unsigned int rounds = bench_rounds(15);

	bench_init();
	bench_compile("target.c", "one", "-DCOUNT=1");
	bench_patch("patch.c", "one", "one", "-DCOUNT=1");
	for (unsigned int i = 0; i < rounds; i++) {
		double bare[FIELDS] = {0}, dormant[FIELDS] = {0}, patched[FIELDS] = {0};
		struct bench_process without = start(false, bare);
		struct bench_process with = start(true, dormant);

		samples("memory-", dormant, bare);
		bench_apply("one.opus", with.pid);
		memory_read(with.pid, patched);
		samples("memory-patched-", patched, bare);
		if (bench_end(&with) != 0 || bench_end(&without) != 0)
			bench_fail("the target failed");
	}
	return 0;
}
