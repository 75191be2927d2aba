/*
 * folded.h - functions of which the compiler or the linker has made one.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_FOLDED_H
#define OPUS_FOLDED_H

#include "diff.h"
#include "facts.h"

/* Is the static function called alone, and its address nowhere: can all who use it be
 * found in its unit? */
bool folded_is_called(const struct unit *u, const char *name);

/* If change number `of` has its code in common with static functions of its unit, they
 * go separate ways: of those, and of the changed one if the code is another's, all
 * callers are to be in the patch, and the target's code is left to the others.
 * Errors: OPUS_RESOURCE. */
enum opus_code folded_split(struct build *b, struct facts *f, size_t of,
			    struct opus_error *err) MUST_CHECK;

/* Does the patch bring the function `name` of a target along, and all its callers? */
bool folded_apart(const struct build *b, size_t target, const char *name);

#endif
