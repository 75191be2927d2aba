/*
 * call.c - what a call of a patched function costs more.
 *
 * Called by:  tests/bench/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * In turn: measured unpatched, patched, measured. `call-X` is patched over
 * unpatched, in the program; `call-library-X` the same in a shared library;
 * `call-jmp-X` a bare `jmp rel32` over none. `-cycles`: in cycles of the time
 * stamp counter. What a jump costs depends on the place of the code in the
 * branch predictor, so each round is a process with addresses of its own.
 *
 * With the argument `states`, for the evaluation: each call in ns, unpatched,
 * patched, patched twice, reverted, and while an update is pending because a
 * thread is inside another function of the patch; KEY=VALUE ... call_ns VALUE.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/bench.h"

#define SHAPES 10
#define KINDS 4
/* A function that is a single `ret` is shorter than a jump. */
#define FRAME "-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer"

static const char *const names[SHAPES] = {"none", "loop", "1", "2", "4", "6", "8",
					  "float1", "float8", "struct"};
static double cycles_per_ns;

static void measure(struct bench_process *p, double ret[SHAPES][KINDS])
{
	char line[256], *at;

	for (int i = 0; i < SHAPES; i++) {
		bench_ask(p, i ? NULL : "measure", line, sizeof(line));
		at = line;
		for (int k = 0; k < KINDS; k++)
			ret[i][k] = strtod(at, &at);
	}
}

static void sample(const char *prefix, const char *shape, double cycles)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-%s", prefix, shape);
	bench_sample(name, "", cycles / cycles_per_ns);
	bench_sample(name, "-cycles", cycles);
}

static void once(char *const argv[])
{
	double before[SHAPES][KINDS], after[SHAPES][KINDS];
	struct bench_process p = bench_start(argv, true);

	measure(&p, before);
	bench_apply("program.opus", p.pid);
	bench_apply("library.opus", p.pid);
	measure(&p, after);
	if (bench_end(&p) != 0)
		bench_fail("the target failed");
	for (int i = 0; i < SHAPES; i++) {
		sample("call", names[i], after[i][0] - before[i][0]);
		sample("call-library", names[i], after[i][3] - before[i][3]);
		sample("call-jmp", names[i], before[i][2] - before[i][1]);
	}
}

/* In the order in which the target tells them. */
static const char *const places[KINDS] = {"program", "copy", "jump", "library"};

static void state(struct bench_process *p, const char *name, int place)
{
	double cycles[SHAPES][KINDS];

	measure(p, cycles);
	for (int i = 0; i < SHAPES; i++)
		for (int k = 0; k < KINDS; k++)
			if (place < 0 || place == k)
				printf("state=%s place=%s shape=%s call_ns %.9g\n",
				       name, places[k], names[i],
				       cycles[i][k] / cycles_per_ns);
}

/* Pending: somebody is inside a function that the same patch replaces. */
static void pending(struct bench_process *p, const char *patch, int place)
{
	char path[BENCH_PATH];
	const char *words[] = {"apply", path, "--no-wait", "--no-barrier", NULL};
	const char *cancel[] = {"cancel", NULL};
	struct bench_update u;

	bench_path(path, sizeof(path), bench_folder, patch);
	if (bench_try(words, p->pid, &u))
		bench_fail("%s took place though a thread is inside", patch);
	state(p, "pending", place);
	if (!bench_try(cancel, p->pid, &u))
		bench_fail("%s could not be cancelled", patch);
}

static void states(char *const argv[])
{
	struct bench_process p = bench_start(argv, true);
	char line[64];

	state(&p, "unpatched", -1);
	bench_apply("program.opus", p.pid);
	bench_apply("library.opus", p.pid);
	state(&p, "patched", -1);
	bench_apply("program-again.opus", p.pid);
	bench_apply("library-again.opus", p.pid);
	state(&p, "twice", -1);
	bench_revert("program-again", p.pid);
	bench_revert("library-again", p.pid);
	bench_revert("program_", p.pid);
	bench_revert("library_", p.pid);
	state(&p, "reverted", -1);
	bench_ask(&p, "enter", line, sizeof(line));
	pending(&p, "program-waits.opus", 0);
	pending(&p, "library-waits.opus", 3);
	bench_ask(&p, "enter", line, sizeof(line));
	if (bench_end(&p) != 0)
		bench_fail("the target failed");
}

static void patch_of(const char *prefix, const char *target)
{
	char name[64], flags[256];

	snprintf(flags, sizeof(flags), "-O2 " FRAME " -DPREFIX=%s_", prefix);
	bench_patch("call_patch.c", prefix, target, flags);
	snprintf(name, sizeof(name), "%s-again", prefix);
	snprintf(flags, sizeof(flags), "-O2 " FRAME " -DPREFIX=%s_ -DNAME=%s-again",
		 prefix, prefix);
	bench_patch("call_patch.c", name, target, flags);
	snprintf(name, sizeof(name), "%s-waits", prefix);
	snprintf(flags, sizeof(flags),
		 "-O2 " FRAME " -DPREFIX=%s_ -DNAME=%s-waits -DWAITS", prefix, prefix);
	bench_patch("call_patch.c", name, target, flags);
}

int main(int argc, char **argv_of_main)
{
	bool all = argc > 1 && !strcmp(argv_of_main[1], "states");
	unsigned int rounds = bench_rounds(25);
	char path[BENCH_PATH], flags[3 * BENCH_PATH];
	char *argv[] = {path, NULL};

	bench_init();
	bench_compile("call_library.c", "libcall.so", FRAME " -shared -fPIC");
	snprintf(flags, sizeof(flags), FRAME " -L'%s' -lcall -Wl,-rpath,'%s'",
		 bench_folder, bench_folder);
	bench_compile("call.c", "call", flags);
	patch_of("program", "call");
	patch_of("library", "libcall.so");
	bench_path(path, sizeof(path), bench_folder, "call");
	cycles_per_ns = bench_cycles_per_ns();
	printf("# the time stamp counter has %.3f cycles per ns\n", cycles_per_ns);
	for (unsigned int i = 0; i < rounds; i++)
		if (all)
			states(argv);
		else
			once(argv);
	return 0;
}
