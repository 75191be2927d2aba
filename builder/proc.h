/*
 * proc.h - run the compiler.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_PROC_H
#define OPUS_PROC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/* A command line that grows. Strings are copied. */
struct command {
	char **argv; /* always ends in NULL once something was added */
	size_t count;
	bool failed; /* memory ran out; command_run() reports it */
	const char *folder;  /* to run it in, or NULL: where we are */
	char **environment;  /* or NULL: ours */
	bool quiet;	     /* its words go nowhere */
	const char *log;     /* or NULL: its words go into this file */
	enum opus_code result; /* commands_run(): OPUS_OK, OPUS_INVALID */
};

void command_add(struct command *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add the words of `text`, split at blanks; '...', "..." and \ protect as in a
 * shell, nothing is expanded. */
void command_add_words(struct command *c, const char *text);

/*
 * Run it, with our own standard output and error unless told, and wait. If we are
 * interrupted, it is ended as well. `verbose` prints it first.
 * Errors: OPUS_RESOURCE (cannot be started), OPUS_INVALID (failed; it has said
 * why on standard error).
 */
enum opus_code command_run(const struct command *c, bool verbose,
			   struct opus_error *err) MUST_CHECK;

/*
 * The same for several, of which as many run at a time as there are processors.
 * All are run, whatever becomes of the others; each says it in `result`.
 * Errors: OPUS_RESOURCE (not all were started), OPUS_INVALID (one failed).
 */
enum opus_code commands_run(struct command *c, size_t count, bool verbose,
			    struct opus_error *err) MUST_CHECK;
void command_deinit(struct command *c);

/*
 * What a build starts outlives what started it: where one that was interrupted goes
 * on, it writes into folders that are about to be removed. So processes whose parents
 * have ended become ours (prctl(2), PR_SET_CHILD_SUBREAPER), once
 * commands_adopt() has been called, and commands_end() ends all there are, which
 * takes two seconds for those that do not heed SIGTERM.
 */
void commands_adopt(void);
void commands_end(void);

#endif
