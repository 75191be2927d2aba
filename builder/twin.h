/*
 * twin.h - what the build made anew of a target, held against it.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_TWIN_H
#define OPUS_TWIN_H

#include "diff.h"

/*
 * Keep a copy of what the build made for each target, before the diff: the
 * program or library with the same code, or else of the same name. A target
 * without debug information gets its twin's, if all of its code is the same
 * and at the same place. Errors: OPUS_RESOURCE, OPUS_INVALID: the twin of such
 * a target differs (with what differs), or there is none.
 */
enum opus_code twins_find(struct build *b, struct opus_error *err) MUST_CHECK;

/*
 * Is the function at `address` of the target made of the same instructions in
 * its twin? Places that it refers to may differ. True also if there is no twin
 * or the twin has no such function.
 */
bool twin_agrees(const struct build *b, size_t target, const char *symbol,
		 uint64_t address, uint64_t size);

/* Are these the same instructions, but for the places that they refer to? */
bool code_alike(const uint8_t *a, uint64_t a_at, const uint8_t *b, uint64_t b_at,
		uint64_t size);

/* True if the target has descriptions of units. */
bool object_is_described(const struct object *o);

#endif
