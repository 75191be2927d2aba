/*
 * callers.h - the functions that call one that cannot be replaced.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_CALLERS_H
#define OPUS_CALLERS_H

#include "build.h"
#include "code.h"

/* All direct calls and jumps of a target: found once, kept in the build.
 * Errors: OPUS_RESOURCE. */
enum opus_code callers_edges(struct build *b, size_t target,
			     const struct code_edges **ret,
			     struct opus_error *err) MUST_CHECK;

/* What to do about a function that cannot be replaced itself: replace those
 * that call it, by name. */
const char *callers_todo(struct build *b, size_t target, uint64_t address);

#endif
