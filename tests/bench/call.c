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
 */
#include <stdlib.h>

#include "lib/bench.h"

#define SHAPES 7
#define KINDS 4
/* A function that is a single `ret` is shorter than a jump. */
#define FRAME "-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer"

static const char *const names[SHAPES] = {"none", "loop", "1", "2", "4", "6", "8"};
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

int main(void)
{
	unsigned int rounds = bench_rounds(25);
	char path[BENCH_PATH], flags[3 * BENCH_PATH];
	char *argv[] = {path, NULL};

	bench_init();
	bench_compile("call_library.c", "libcall.so", FRAME " -shared -fPIC");
	snprintf(flags, sizeof(flags), FRAME " -L'%s' -lcall -Wl,-rpath,'%s'",
		 bench_folder, bench_folder);
	bench_compile("call.c", "call", flags);
	bench_patch("call_patch.c", "program", "call", "-O2 " FRAME " -DPREFIX=program_");
	bench_patch("call_patch.c", "library", "libcall.so", "-O2 " FRAME " -DPREFIX=library_");
	bench_path(path, sizeof(path), bench_folder, "call");
	cycles_per_ns = bench_cycles_per_ns();
	printf("# the time stamp counter has %.3f cycles per ns\n", cycles_per_ns);
	for (unsigned int i = 0; i < rounds; i++)
		once(argv);
	return 0;
}
