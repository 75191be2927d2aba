/*
 * include_line.h - the lines of a source that include another file.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe: data only.
 */
#ifndef OPUS_INCLUDE_LINE_H
#define OPUS_INCLUDE_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct include_line {
	const char *name; /* in the text, without quotes; NULL: a macro says it */
	size_t length;
	bool quoted; /* "name", not <name> */
	bool next;   /* #include_next: not the nearest of that name */
};

/*
 * The next such line at or behind *at, which is set behind it; false: there is none.
 * Conditions, comments and strings around it are not looked at, so there may be more
 * than the compiler finds, but not fewer. Errors: none.
 */
bool include_line_next(const char *bytes, size_t size, size_t *at,
		       struct include_line *ret);

#endif
