/*
 * processes.c - one call of opus-send for 100 idle processes.
 *
 * Called by:  tests/bench/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 */
#include "lib/bench.h"

#define COUNT 100

static double call(const char *verb, const char *what, const char *exe)
{
	static char text[1 << 20];
	char *argv[] = {bench_send, (char *)verb, (char *)what, "--exe",
			(char *)exe, "--json", NULL};

	return (double)bench_run(argv, text, sizeof(text)) / 1e6;
}

int main(void)
{
	static struct bench_process p[COUNT];
	char exe[BENCH_PATH], patch[BENCH_PATH], line[64];
	char *argv[] = {exe, NULL};
	unsigned int rounds = bench_rounds(10);

	bench_init();
	bench_compile("target.c", "one", "-DCOUNT=1");
	bench_patch("patch.c", "one", "one", "-DCOUNT=1");
	bench_path(exe, sizeof(exe), bench_folder, "one");
	bench_path(patch, sizeof(patch), bench_folder, "one.opus");
	for (int i = 0; i < COUNT; i++)
		p[i] = bench_start(argv, true);
	for (int i = 0; i < COUNT; i++)
		bench_ask(&p[i], NULL, line, sizeof(line));
	for (unsigned int i = 0; i <= rounds; i++) {
		bench_sample("command-100-processes", i ? "" : "-first",
			     call("apply", patch, exe));
		call("revert", "bench", exe);
	}
	return 0;
}
