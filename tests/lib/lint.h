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

#define error_set(err, code, ...)       ((void)(err), (code))
#define error_set_errno(err, code, ...) ((void)(err), (code))
