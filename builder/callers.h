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

/* All calls and jumps to known places of a target: found once, kept in the build.
 * Errors: OPUS_RESOURCE. */
enum opus_code callers_edges(struct build *b, size_t target,
			     const struct code_edges **ret,
			     struct opus_error *err) MUST_CHECK;

/* Does `is` say yes of the site of a call or jump to the function at `address`,
 * made directly, or by its name through the global offset table? */
bool callers_any(struct build *b, size_t target, uint64_t address,
		 bool (*is)(uint64_t site, void *data), void *data);

/* What to do about a function that cannot be replaced itself: replace those
 * that call it, by name. */
const char *callers_todo(struct build *b, size_t target, uint64_t address);

#endif
