/*
 * start.h - patches that are there before the program is.
 *
 * Included by: agent.c, store.c.
 * Runs on:     the first thread, before main(); agent thread.
 * Locks:       the loader's and malloc's.
 * Signal:      unsafe: heap, loader.
 */
#ifndef OPUS_AGENT_START_H
#define OPUS_AGENT_START_H

#include "common/error.h"

/*
 * Load the patch behind `fd`, which stays the caller's, and apply it. While
 * the process has one thread nobody is stopped; else it is an update as any
 * other, with these `flags` (enum wire_apply_flags). Codes of patch_load() and
 * update_start().
 */
enum opus_code start_apply(int fd, uint32_t flags, struct opus_error *err)
	MUST_CHECK;

/* Write down, in the log and for the machine's administrator, what became of a
 * patch at the start; `what`: its name or file. `meant`: it was given to this very
 * process, so that it is worth a word if it is for another program. */
void start_tell(const char *what, bool meant, const struct opus_error *result);

#endif
