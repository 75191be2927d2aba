/*
 * store.c - start of a program with 0, 1 and 100 patches in the store.
 *
 * Called by:  tests/bench/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * From before posix_spawn(3) to the end of a program that ends at once, over
 * the same without the agent. With 0 patches there is a store, and nothing in
 * it is for this program.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/bench.h"

static char store[2 * BENCH_PATH], exe[BENCH_PATH];

static double once(bool agent)
{
	char preload[BENCH_PATH + 16];
	char *argv[] = {exe, "0", "nap", NULL};
	char *with[] = {"PATH=/bin", preload, store, NULL};
	char *without[] = {"PATH=/bin", NULL};
	posix_spawn_file_actions_t actions;
	uint64_t start;
	int status, rc;
	pid_t pid;

	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", bench_agent);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	start = bench_now();
	rc = posix_spawn(&pid, argv[0], &actions, NULL, argv, agent ? with : without);
	if (rc != 0 || waitpid(pid, &status, 0) != pid || status != 0)
		bench_fail("%s: %s", exe, strerror(rc));
	posix_spawn_file_actions_destroy(&actions);
	return (double)(bench_now() - start) / 1e3;
}

static void add(int number)
{
	char name[32], flags[32], path[BENCH_PATH];
	char *argv[] = {bench_send, "store", "add", path, "--exe", exe, NULL};

	snprintf(name, sizeof(name), "store-%d", number);
	snprintf(flags, sizeof(flags), "-DNUMBER=%d", number);
	bench_patch("store_patch.c", name, "hundred", flags);
	snprintf(name, sizeof(name), "store-%d.opus", number);
	bench_path(path, sizeof(path), bench_folder, name);
	bench_run(argv, NULL, 0);
}

static void measure(const char *name)
{
	unsigned int rounds = bench_rounds(100);

	for (unsigned int i = 0; i < rounds + 3; i++) {
		double with = i % 2 ? once(true) : 0;
		double without = once(false);

		with = i % 2 ? with : once(true);
		if (i >= 3) /* files come into memory */
			bench_sample(name, "", with - without);
	}
}

int main(void)
{
	char folder[BENCH_PATH];

	bench_init();
	bench_path(exe, sizeof(exe), bench_folder, "hundred");
	bench_path(folder, sizeof(folder), bench_folder, "store");
	snprintf(store, sizeof(store), "OPUS_LIVEPATCH_STORE=%s", folder);
	putenv(store);
	bench_compile("target.c", "hundred", "-DCOUNT=100");
	if (mkdir(folder, 0755) != 0)
		bench_fail("cannot make %s", folder);
	measure("start-store-0");
	add(1000);
	measure("start-store-1");
	for (int number = 1001; number < 1100; number++)
		add(number);
	measure("start-store-100");
	return 0;
}
