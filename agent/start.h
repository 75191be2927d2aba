/*
 * start.h - patches that are there before the program is.
 *
 * Included by: agent.c, store.c.
 * Runs on:     the first thread, before main().
 * Locks:       the loader's and malloc's.
 * Signal:      unsafe: heap, loader.
 */
#ifndef OPUS_AGENT_START_H
#define OPUS_AGENT_START_H

#include "common/error.h"

/*
 * Load the patch behind `fd`, which stays the caller's, and apply it. While
 * the process has one thread nobody is stopped; else it is an update as any
 * other that must take place at once. Codes of patch_load() and
 * update_start(); `ret_name` is the patch's name, "" if it has none.
 */
enum opus_code start_apply(int fd, char ret_name[], struct opus_error *err)
	MUST_CHECK;

#endif
