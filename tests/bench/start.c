/*
 * start.c - what the agent adds to the start of a process.
 *
 * Called by:  tests/bench/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * /bin/true with the agent and without, in turn; from before posix_spawn(3),
 * which is a vfork, to its end. The difference is taken pair by pair.
 */
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/bench.h"

static double once(bool agent)
{
	char preload[BENCH_PATH + 16];
	char *argv[] = {"/bin/true", NULL};
	char *with[] = {"PATH=/bin", preload, NULL}, *without[] = {"PATH=/bin", NULL};
	uint64_t start;
	int status, rc;
	pid_t pid;

	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", bench_agent);
	start = bench_now();
	rc = posix_spawn(&pid, argv[0], NULL, NULL, argv, agent ? with : without);
	if (rc != 0 || waitpid(pid, &status, 0) != pid || status != 0)
		bench_fail("/bin/true: %s", strerror(rc));
	return (double)(bench_now() - start) / 1e3;
}

int main(void)
{
	unsigned int rounds = bench_rounds(200);

	bench_init();
	for (unsigned int i = 0; i < rounds + 5; i++) {
		double with = i % 2 ? once(true) : 0;
		double without = once(false);

		with = i % 2 ? with : once(true);
		if (i < 5) /* files come into memory */
			continue;
		bench_sample("start", "", with - without);
		bench_sample("start-true", "", with);
		bench_sample("start-true", ".bare", without);
	}
	return 0;
}
