/*
 * thunk.h - code that stands before a new function and saves registers.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_THUNK_H
#define OPUS_THUNK_H

#include "build.h"

/* Names of thunks and of the functions behind them, as the thunks call them. */
#define THUNK_PREFIX "opus.keep."
#define THUNK_NEW_PREFIX "opus.new."

/*
 * Write a thunk for `r` that saves r->keep (256 bits of each vector register
 * if `wide`) and aligns the stack; sets r->thunk. Refuses, for a function with
 * arguments on the stack whose number is not known (variadic).
 * Errors: OPUS_RESOURCE.
 */
enum opus_code thunk_add(struct build *b, struct replace *r, bool wide,
			 struct opus_error *err) MUST_CHECK;

/* Assemble what was added, if anything; sets b->thunk_object. */
enum opus_code thunk_assemble(struct build *b, struct opus_error *err) MUST_CHECK;

#endif
