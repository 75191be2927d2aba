/*
 * lint.h - tell the analyzer that error_set() returns the code it was given.
 *
 * Included by: `make lint` before every source but common/error.c: clang's
 *              analyzer looks at one file at a time and would believe that a
 *              failing function may return OPUS_OK.
 * Runs on:     nothing; it is never compiled.
 * Locks:       none.
 * Signal:      none.
 */
#include "common/error.h"

/* A macro, since the analyzer does not look into functions of variable
 * arguments; the call keeps the arguments in use. */
void lint_use(const void *err, ...);
#define error_set(err, code, ...)       (lint_use(err, __VA_ARGS__), (code))
#define error_set_errno(err, code, ...) (lint_use(err, __VA_ARGS__), (code))
