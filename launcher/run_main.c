/*
 * run_main.c - opus-run: start a program with the agent in it.
 *
 * Called by:  the shell, a supervisor.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 *      find ── check what would defeat the preload ── environment ── exec
 *                   `- say so and start it all the same, or, with
 *                      --require, do not start it
 *
 * The program replaces opus-run in the same process: a supervisor sees the id
 * that it started, and nothing stands between it and its service.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/standard.h"
#include "common/start.h"
#include "environment.h"
#include "program.h"
#include "unit.h"

/* As env(1), nohup(1) and timeout(1) have it. */
enum { STATUS_NOT_RUNNABLE = 126, STATUS_NOT_FOUND = 127 };

struct run {
	bool require, follow, check, lock, patch;
	char agent[PATH_MAX];
	char preload[2 * PATH_MAX];
	struct program program;
};

static const char help[] =
"usage: opus-run [OPTION]... [--] COMMAND [ARGUMENT]...\n"
"       opus-run unit {enable|disable|check} UNIT [OPTION]...\n"
"Start a command with the agent in it, so that opus-send can patch it.\n\n"
"  -p, --patch FILE       apply this patch before main (may be repeated)\n"
"  -r, --require          do not start the command without agent and patches\n"
"  -f, --follow           what the command starts gets the agent as well, even\n"
"                         with a cleaned environment\n"
"  -x, --follow-not GLOB  but not programs whose path is like this\n"
"  -l, --lock             nothing but patches and libraries may become code;\n"
"                         implies --require\n"
"  -a, --agent PATH       another agent\n"
"  -c, --check            only say whether it would work\n"
"  -h, --help             this text\n"
"  -V, --version          print the version\n\n"
"opus-run(1) tells all.\n";

static const struct option long_options[] = {
	{"patch", required_argument, NULL, 'p'},
	{"require", no_argument, NULL, 'r'},
	{"follow", no_argument, NULL, 'f'},
	{"follow-not", required_argument, NULL, 'x'},
	{"lock", no_argument, NULL, 'l'},
	{"agent", required_argument, NULL, 'a'},
	{"check", no_argument, NULL, 'c'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* --- options --- */

static enum opus_code patch_add(const char *file, struct opus_error *err)
{
	char path[PATH_MAX];

	if (!realpath(file, path) || access(path, R_OK) != 0)
		return error_set_errno(err, OPUS_UNREADABLE,
				       "the patch %.300s cannot be read", file);
	return environment_append(START_PATCHES, path, err);
}

/* One that is missing is told with all else that would defeat the preload. */
static void agent_set(struct run *r, const char *path)
{
	if (!realpath(path, r->agent))
		snprintf(r->agent, sizeof(r->agent), "%s", path);
}

static enum opus_code option_set(struct run *r, int letter,
				 struct opus_error *err)
{
	switch (letter) {
	case 'p': r->patch = true; return patch_add(optarg, err);
	case 'r': r->require = true; break;
	case 'f': r->follow = true; break;
	case 'x': return environment_append(START_FOLLOW_NOT, optarg, err);
	case 'a': agent_set(r, optarg); break;
	case 'l': r->lock = r->require = true; break;
	case 'c': r->check = true; break;
	default: return error_set(err, OPUS_USAGE,
			"`opus-run --help` lists the options");
	}
	return OPUS_OK;
}

/* --- check --- */

static enum opus_code run_check(struct run *r, struct opus_error *err)
{
	enum opus_code code = program_check(&r->program, getuid(),
					   getgid(), err);

	if (code == OPUS_OK && !r->agent[0] &&
	    !environment_agent(r->agent, sizeof(r->agent)))
		code = error_set(err, OPUS_NO_AGENT,
			"no libopus-agent.so was found beside opus-run: give --agent");
	if (code == OPUS_OK)
		code = program_check_agent(r->agent, err);
	if (code == OPUS_OK)
		code = environment_preload(r->agent, r->preload,
					   sizeof(r->preload), err);
	if (code == OPUS_OK && (r->require || r->check))
		code = program_ask_loader(&r->program, r->preload,
					  "libopus-agent.so", err);
	return code;
}

static void run_environment(const struct run *r)
{
	char pid[16];

	setenv("LD_PRELOAD", r->preload, 1);
	if (r->follow)
		setenv(START_FOLLOW, r->agent, 1);
	if (r->lock)
		setenv(START_LOCK, "1", 1);
	else
		unsetenv(START_LOCK);
	/* exec keeps the id. */
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (r->require)
		setenv(START_REQUIRE, pid, 1);
	else
		unsetenv(START_REQUIRE);
	if (r->patch)
		setenv(START_FOR, pid, 1);
}

static int run_start(struct run *r, char **words)
{
	struct opus_error err = {0};
	enum opus_code code = program_find(words[0], &r->program, &err);

	if (code != OPUS_OK) {
		fprintf(stderr, "opus-run: %s\n", err.text);
		return err.sys == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE;
	}
	code = run_check(r, &err);
	if (r->check)
		printf("%s: %s\n", words[0],
		       code == OPUS_OK ? "the agent would be there" : err.text);
	if (r->check)
		return code == OPUS_OK ? 0 : code_status(code);
	if (code == OPUS_OK) {
		run_environment(r);
	} else {
		fprintf(stderr, "opus-run: %s: %s\n", r->require
			? "not started" : "starts without the agent", err.text);
		if (r->require)
			return START_REFUSED;
	}
	execvp(words[0], words);
	fprintf(stderr, "opus-run: %s: %s\n", words[0], strerror(errno));
	return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE;
}

int main(int argc, char **argv)
{
	static struct run run;
	struct opus_error err = {0};
	enum opus_code code = OPUS_OK;
	int letter;

	if (argc > 1 && strcmp(argv[1], "unit") == 0) {
		standard_open(); /* not for a program, which gets what we were given */
		return unit_main(argc - 1, argv + 1);
	}
	/* "+": options of the command are the command's. */
	while (code == OPUS_OK &&
	       (letter = getopt_long(argc, argv, "+p:rfx:a:lchV", long_options,
				     NULL)) != -1) {
		if (letter == 'h')
			return fputs(help, stdout) < 0;
		if (letter == 'V')
			return printf("opus-run %s\n", OPUS_RELEASE) < 0;
		code = option_set(&run, letter, &err);
	}
	if (code == OPUS_OK && optind == argc)
		code = error_set(&err, OPUS_USAGE, "which command?");
	if (code != OPUS_OK) {
		fprintf(stderr, "opus-run: %s\n", err.text);
		return START_REFUSED;
	}
	return run_start(&run, argv + optind);
}
