/*
 * program.h - the program behind a command, and whether a preload reaches it.
 *
 * Included by: launcher/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_PROGRAM_H
#define OPUS_PROGRAM_H

#include <limits.h>
#include <sys/types.h>

#include "common/error.h"

struct program {
	char path[PATH_MAX];   /* of the command, found as execvp(3) does */
	char binary[PATH_MAX]; /* what the kernel loads: of a script, the
				* interpreter at the end of the chain */
	char loader[PATH_MAX]; /* its dynamic loader */
};

/*
 * Find `name` as a shell would. Errors: OPUS_NO_TARGET (errno in err->sys
 * tells "not found" from "not permitted").
 */
enum opus_code program_find(const char *name, struct program *ret,
			    struct opus_error *err) MUST_CHECK;

/*
 * What would keep a preloaded agent out of it, as far as files tell: linked
 * statically, another architecture or libc, more rights than its caller, who
 * has these ids.
 * Errors: OPUS_NO_AGENT with the reason, OPUS_UNREADABLE.
 */
enum opus_code program_check(struct program *p, uid_t uid, gid_t gid,
			     struct opus_error *err) MUST_CHECK;

/* Is the file a 64-bit x86-64 shared object that can be mapped to be run?
 * Errors: OPUS_NO_AGENT with the reason. */
enum opus_code program_check_agent(const char *path, struct opus_error *err)
	MUST_CHECK;

/*
 * Ask the program's own loader, which runs nothing of the program: would the
 * object `agent` be loaded? Finds what files do not tell. Errors:
 * OPUS_NO_AGENT with the loader's words, OPUS_RESOURCE.
 */
enum opus_code program_ask_loader(const struct program *p, const char *preload,
				  const char *agent, struct opus_error *err)
	MUST_CHECK;

#endif
