/*
 * parse_call.h - which functions a function of C++ calls.
 *
 * Included by: builder/parse.c, builder/parse_call.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_PARSE_CALL_H
#define OPUS_PARSE_CALL_H

#include "clang.h"
#include "parse.h"

/* Offset in our text, false for what comes from the prelude. */
bool parse_place(CXSourceLocation at, uint32_t *ret);

/* Where the function of the cursor is first declared, 0 if that is not ours. */
uint32_t parse_first(CXCursor c);

/* Note what the cursor, in the body of entity `caller`, calls or names. False:
 * out of memory. */
bool parse_call_note(struct parse *p, size_t caller, CXCursor c);
/* When all are noted. */
void parse_calls_sort(struct parse *p);

#endif
