/*
 * proc.c - run the compiler.
 *
 * Called by:  the passes that compile, link, build and apply the diff.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "common/cleanup.h"

extern char **environ;

static void command_take(struct command *c, char *word)
{
	char **grown = word ? realloc(c->argv, (c->count + 2) * sizeof(*grown))
			    : NULL;

	if (!grown) {
		free(word);
		c->failed = true;
		return;
	}
	c->argv = grown;
	grown[c->count++] = word;
	grown[c->count] = NULL;
}

void command_add(struct command *c, const char *format, ...)
{
	char *word = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&word, format, args) < 0)
		word = NULL;
	va_end(args);
	command_take(c, word);
}

/* Copy one word from *text, which is not at a blank, and step behind it. */
static char *word_read(const char **text)
{
	char *word = malloc(strlen(*text) + 1);
	char quote = 0;
	size_t n = 0;
	const char *p = *text;

	for (; word && *p && (quote || !strchr(" \t\r\n", *p)); p++) {
		if (quote ? *p == quote : *p == '\'' || *p == '"')
			quote = quote ? 0 : *p;
		else if (*p == '\\' && quote != '\'' && p[1])
			word[n++] = *++p;
		else
			word[n++] = *p;
	}
	if (word)
		word[n] = 0;
	*text = p;
	return word;
}

void command_add_words(struct command *c, const char *text)
{
	while (text && !c->failed) {
		text += strspn(text, " \t\r\n");
		if (!*text)
			break;
		command_take(c, word_read(&text));
	}
}

static void command_print(const struct command *c)
{
	for (size_t i = 0; i < c->count; i++)
		fprintf(stderr, "%s%s", i ? " " : "+ ", c->argv[i]);
	fputc('\n', stderr);
}

static enum opus_code command_start(const struct command *c, bool verbose, pid_t *ret,
				    struct opus_error *err)
{
	const char *log = c->quiet ? "/dev/null" : c->log;
	posix_spawn_file_actions_t actions;
	int failed;

	if (c->failed || c->count == 0)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	if (verbose)
		command_print(c);
	posix_spawn_file_actions_init(&actions);
	if (log) {
		posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log,
						 O_WRONLY | O_CREAT | O_APPEND, 0600);
		posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	}
	if (c->folder)
		posix_spawn_file_actions_addchdir_np(&actions, c->folder);
	failed = posix_spawnp(ret, c->argv[0], &actions, NULL, c->argv,
			      c->environment ? c->environment : environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed) {
		errno = failed;
		return error_set_errno(err, OPUS_RESOURCE, "cannot run %s",
				       c->argv[0]);
	}
	return OPUS_OK;
}

static enum opus_code command_wait(const struct command *c, pid_t pid,
				   struct opus_error *err)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_set_errno(err, OPUS_INTERNAL, "waitpid");
		if (build_interrupted)
			kill(pid, SIGTERM);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return OPUS_OK;
	return error_set(err, OPUS_INVALID, "%s failed; its words are above",
			 c->argv[0]);
}

enum opus_code command_run(const struct command *c, bool verbose,
			   struct opus_error *err)
{
	pid_t pid;
	enum opus_code code = command_start(c, verbose, &pid, err);

	return code == OPUS_OK ? command_wait(c, pid, err) : code;
}

enum opus_code commands_run(struct command *c, size_t count, bool verbose,
			    struct opus_error *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t room = processors > 1 ? (size_t)processors : 1, started = 0;
	CLEANUP(cleanup_free) pid_t *pid = calloc(count + 1, sizeof(*pid));
	enum opus_code code = OPUS_OK, failed = OPUS_OK;

	if (!pid)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t done = 0;; done++) {
		while (code == OPUS_OK && !build_interrupted && started < count &&
		       started < done + room) {
			code = command_start(&c[started], verbose, &pid[started], err);
			started += code == OPUS_OK;
		}
		if (done == started)
			break;
		/* The first error is told, and nobody is left behind. */
		c[done].result = command_wait(&c[done], pid[done],
					      code == OPUS_OK && failed == OPUS_OK ? err : NULL);
		if (failed == OPUS_OK)
			failed = c[done].result;
	}
	if (code == OPUS_OK && started < count)
		return error_set(err, OPUS_RESOURCE, "interrupted");
	return code == OPUS_OK ? failed : code;
}

/* Send a signal to each child of this thread, which is the only one. False if there
 * is none, or the kernel does not tell (CONFIG_PROC_CHILDREN). */
static bool children_kill(int signal)
{
	FILE *f = fopen("/proc/thread-self/children", "re");
	bool any = false;
	int pid;

	if (!f)
		return false;
	while (fscanf(f, "%d", &pid) == 1)
		any |= kill(pid, signal) == 0;
	fclose(f);
	return any;
}

void commands_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

void commands_end(void)
{
	const struct timespec moment = {.tv_nsec = 20000000};

	/* make passes SIGTERM on and takes half-made files away; two seconds for that */
	for (int i = 0; children_kill(i < 100 ? SIGTERM : SIGKILL) && i < 200; i++) {
		nanosleep(&moment, NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

void command_deinit(struct command *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->argv[i]);
	free(c->argv);
	memset(c, 0, sizeof(*c));
}
