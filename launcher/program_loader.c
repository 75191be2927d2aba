/*
 * program_loader.c - let the loader say itself what it would load.
 *
 * Called by:  run_main.c, with --require.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * `ld.so --list PROGRAM` maps the program and all that it needs, prints that,
 * and ends without running any of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "program.h"

#define TEXT_MAX 65536

static void loader_run(const struct program *p, const char *preload, int out)
{
	/* Executed, it takes $ORIGIN from /proc/self/exe, behind all links. */
	const char *binary = realpath(p->binary, NULL);
	char *words[] = {(char *)p->loader, "--list",
			 (char *)(binary ? binary : p->binary), NULL};

	setenv("LD_PRELOAD", preload, 1);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execv(p->loader, words);
	_exit(127);
}

static size_t text_read(int fd, char *ret)
{
	size_t size = 0;
	ssize_t n;

	while (size < TEXT_MAX - 1 &&
	       ((n = read(fd, ret + size, TEXT_MAX - 1 - size)) > 0 ||
		(n < 0 && errno == EINTR)))
		size += n > 0 ? (size_t)n : 0;
	ret[size] = '\0';
	return size;
}

/* The line of the text that is about the agent, else its first one. */
static void line_find(const char *text, const char *agent, char *ret, size_t size)
{
	const char *at = strstr(text, agent);

	while (at && at > text && at[-1] != '\n')
		at--;
	at = at ? at : text;
	snprintf(ret, size, "%.*s", (int)strcspn(at, "\n"), at);
}

enum opus_code program_ask_loader(const struct program *p, const char *preload,
				  const char *agent, struct opus_error *err)
{
	char *text CLEANUP(cleanup_free) = malloc(TEXT_MAX);
	char line[256];
	int pipes[2], status = -1;
	pid_t child;

	if (!text || pipe(pipes) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "pipe");
	child = fork();
	if (child == 0)
		loader_run(p, preload, pipes[1]);
	close(pipes[1]);
	text_read(pipes[0], text);
	close(pipes[0]);
	if (child < 0)
		return error_set_errno(err, OPUS_RESOURCE, "fork");
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	line_find(text, agent, line, sizeof(line));
	/* "\tPATH (0x...)" is a loaded object; the rest is a complaint. */
	if (status == 0 && line[0] == '\t' && strstr(line, " (0x"))
		return OPUS_OK;
	return error_set(err, OPUS_NO_AGENT, "%.150s would not load the agent: %.250s",
			 p->loader, line[0] ? line : "it does not say why");
}
