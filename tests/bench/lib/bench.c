/*
 * bench.c - start processes, build targets and patches, take times.
 *
 * Called by:  the programs of tests/bench.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 256

char bench_folder[BENCH_PATH];
char bench_agent[BENCH_PATH];
char bench_send[BENCH_PATH];

extern char **environ;
static pid_t running[PROCESSES];
static const char *top, *build;

/* --- begin and end --- */

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static void bench_deinit(void)
{
	for (int i = 0; i < PROCESSES; i++)
		if (running[i] > 0 && kill(running[i], SIGKILL) == 0)
			waitpid(running[i], NULL, 0);
	nftw(bench_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void bench_fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(1);
}

void bench_path(char *ret, size_t size, const char *folder, const char *name)
{
	if ((size_t)snprintf(ret, size, "%s/%s", folder, name) >= size)
		bench_fail("path too long: %s/%s", folder, name);
}

void bench_init(void)
{
	const char *temporary = getenv("TMPDIR");

	top = getenv("OPUS_TOP");
	build = getenv("OPUS_BUILD");
	if (!top || !build)
		bench_fail("OPUS_TOP and OPUS_BUILD are not set: use `make bench`");
	bench_path(bench_agent, BENCH_PATH, build, "libopus-agent.so");
	bench_path(bench_send, BENCH_PATH, build, "opus-send");
	bench_path(bench_folder, BENCH_PATH, temporary ? temporary : "/tmp",
		   "opus-bench-XXXXXX");
	if (!mkdtemp(bench_folder))
		bench_fail("%s: %s", bench_folder, strerror(errno));
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	atexit(bench_deinit);
}

/* --- numbers --- */

uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void bench_wait_ms(double ms)
{
	struct timespec t = {(time_t)(ms / 1e3), (long)(ms * 1e6) % 1000000000};

	nanosleep(&t, NULL);
}

double bench_cycles_per_ns(void)
{
	uint64_t ns = bench_now(), cycles = bench_rdtsc();

	while (bench_now() - ns < 20000000)
		;
	cycles = bench_rdtsc() - cycles;
	return (double)cycles / (double)(bench_now() - ns);
}

void bench_sample(const char *name, const char *suffix, double value)
{
	printf("%s%s %.9g\n", name, suffix, value);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double bench_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2]
			 : (values[count / 2 - 1] + values[count / 2]) / 2;
}

unsigned int bench_rounds(unsigned int usual)
{
	const char *text = getenv("OPUS_BENCH_ROUNDS");
	int value = text ? atoi(text) : 0;

	return value > 0 ? (unsigned int)value : usual;
}

/* --- processes --- */

/* The environment, with our agent first in LD_PRELOAD. */
static char **environ_with_agent(void)
{
	static char preload[BENCH_PATH + 16];
	char **list;
	size_t n = 0, k = 0;

	while (environ[n])
		n++;
	list = calloc(n + 2, sizeof(*list));
	if (!list)
		bench_fail("no memory");
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", bench_agent);
	list[k++] = preload;
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0)
			list[k++] = environ[i];
	return list;
}

static pid_t spawn(char *const argv[], bool agent, int in, int out)
{
	char **env = agent ? environ_with_agent() : environ;
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	if (agent)
		free(env);
	if (rc != 0)
		bench_fail("%s: %s", argv[0], strerror(rc));
	return pid;
}

struct bench_process bench_start(char *const argv[], bool agent)
{
	struct bench_process p;
	int in[2], out[2], i = 0;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		bench_fail("pipe: %s", strerror(errno));
	p.pid = spawn(argv, agent, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	p.in = in[1];
	p.out = fdopen(out[0], "r");
	while (i < PROCESSES && running[i] != 0)
		i++;
	if (i == PROCESSES || !p.out)
		bench_fail("too many processes");
	running[i] = p.pid;
	return p;
}

void bench_ask(struct bench_process *p, const char *line, char *ret, size_t size)
{
	if (line && dprintf(p->in, "%s\n", line) < 0)
		bench_fail("a target takes no commands any more");
	if (!fgets(ret, (int)size, p->out))
		bench_fail("a target ended early");
}

double bench_gap(struct bench_process *p)
{
	char line[64];

	bench_ask(p, "worst", line, sizeof(line));
	return strtod(line, NULL) / 1e6;
}

int bench_end(struct bench_process *p)
{
	char buffer[4096];
	int status;

	close(p->in);
	while (fread(buffer, 1, sizeof(buffer), p->out) > 0)
		;
	fclose(p->out);
	if (waitpid(p->pid, &status, 0) != p->pid)
		bench_fail("waitpid: %s", strerror(errno));
	for (int i = 0; i < PROCESSES; i++)
		if (running[i] == p->pid)
			running[i] = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Run a command to its end; its wait(2) status into `status`. */
static uint64_t run(char *const argv[], char *ret, size_t size, int *status)
{
	int out[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	uint64_t start, took;
	size_t have = 0;
	ssize_t n;
	pid_t pid;

	if (null < 0 || pipe2(out, O_CLOEXEC) != 0)
		bench_fail("pipe: %s", strerror(errno));
	start = bench_now();
	pid = spawn(argv, false, null, ret ? out[1] : null);
	close(out[1]);
	while (ret && have + 1 < size &&
	       (n = read(out[0], ret + have, size - 1 - have)) > 0)
		have += (size_t)n;
	if (waitpid(pid, status, 0) != pid)
		bench_fail("waitpid: %s", strerror(errno));
	took = bench_now() - start;
	close(out[0]);
	close(null);
	if (ret)
		ret[have] = '\0';
	return took;
}

uint64_t bench_run(char *const argv[], char *ret, size_t size)
{
	int status;
	uint64_t took = run(argv, ret, size, &status);

	if (status != 0)
		bench_fail("%s %s: status %#x %s", argv[0], argv[1], status,
			   ret ? ret : "");
	return took;
}

double bench_memory(pid_t pid, const char *field)
{
	char path[64], line[256];
	double value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "r");
	if (!file)
		bench_fail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, field, strlen(field)))
			value = strtod(line + strlen(field), NULL);
	fclose(file);
	return value;
}

/* --- targets and patches --- */

/* Through the shell, for the sake of `flags`. */
__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char text[4 * BENCH_PATH];
	char *argv[] = {"/bin/sh", "-c", text, NULL};
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	bench_run(argv, NULL, 0);
}

void bench_compile(const char *source, const char *name, const char *flags)
{
	shell("gcc -O2 -g -pthread -D_GNU_SOURCE -Wl,--build-id '%s/tests/bench/target/%s' -o '%s/%s' %s",
	      top, source, bench_folder, name, flags);
}

void bench_patch(const char *source, const char *name, const char *target,
		 const char *flags)
{
	shell("'%s/opus-build' compile '%s/tests/bench/target/%s' --cflags '%s' --target '%s/%s' -o '%s/%s.opus'",
	      build, top, source, flags, bench_folder, target, bench_folder, name);
}

/* --- opus-send --- */

static double number(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at && (at = strchr(at, ':')) ? strtod(at + 1, NULL) / 1e6 : 0;
}

bool bench_try(const char *const words[], pid_t pid, struct bench_update *ret)
{
	char pid_text[16], text[8192];
	const char *argv[16] = {bench_send, "--json", "--pid", pid_text};
	int status;

	for (int i = 0; i < 11 && words[i]; i++)
		argv[4 + i] = words[i];
	snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	ret->command_ms = (double)run((char *const *)argv, text, sizeof(text),
				      &status) / 1e6;
	ret->pause_ms = number(text, "\"pause_ns\"");
	ret->stop_ms = number(text, "\"stop_ns\"");
	ret->scan_ms = number(text, "\"scan_ns\"");
	ret->switch_ms = number(text, "\"switch_ns\"");
	ret->total_ms = number(text, "\"total_ns\"");
	ret->prepare_ms = number(text, "\"prepare_ns\"");
	/* 7: threads are inside; whoever tries knows that it may be so. */
	if (status != 0 && status != 7 << 8)
		fprintf(stderr, "# %s: status %#x %s\n", words[0], status, text);
	return status == 0;
}

static struct bench_update update(const char *verb, const char *what, pid_t pid)
{
	const char *words[] = {verb, what, NULL};
	struct bench_update u;

	if (!bench_try(words, pid, &u))
		bench_fail("opus-send %s failed", verb);
	return u;
}

struct bench_update bench_apply(const char *patch, pid_t pid)
{
	char path[BENCH_PATH];

	bench_path(path, sizeof(path), bench_folder, patch);
	return update("apply", path, pid);
}

struct bench_update bench_revert(const char *name, pid_t pid)
{
	return update("revert", name, pid);
}
