/*
 * start.h - code of a target that only its start reaches.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_START_H
#define OPUS_START_H

#include "build.h"

/* Is the function at `address` called by the entry of its object or by its
 * constructors alone, as far as the target's code tells? False where in doubt.
 */
bool start_is_only(struct build *b, size_t target, uint64_t address);

/* Does main() alone call the function at `address`, perhaps through functions that it
 * alone calls? *ret_ends: main() is over when the function is. False where in doubt.
 */
bool start_is_of_main(struct build *b, size_t target, uint64_t address, bool *ret_ends);

#endif
