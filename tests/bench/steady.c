/*
 * steady.c - does a dormant agent slow its host down?
 *
 * Called by:  tests/bench/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * Two loops that notice a second thread, a taken-over malloc or a slower stdio
 * at once; with the agent and without, in turn.
 */
#include <stdlib.h>

#include "lib/bench.h"

static void once(bool agent)
{
	char path[BENCH_PATH], line[128], *end;
	char *argv[] = {path, NULL};
	struct bench_process p;

	bench_path(path, sizeof(path), bench_folder, "steady");
	p = bench_start(argv, agent);
	bench_ask(&p, NULL, line, sizeof(line));
	if (bench_end(&p) != 0)
		bench_fail("the target failed");
	bench_sample("malloc", agent ? "" : ".bare", strtod(line, &end));
	bench_sample("putc", agent ? "" : ".bare", strtod(end, NULL));
}

int main(void)
{
	unsigned int rounds = bench_rounds(25);

	bench_init();
	bench_compile("steady.c", "steady", "");
	for (unsigned int i = 0; i < rounds; i++) {
		once(i % 2);
		once(!(i % 2));
	}
	return 0;
}
