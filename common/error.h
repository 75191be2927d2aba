/*
 * error.h - a result with its words, in memory that the caller owns.
 *
 * Included by: all parts; the same record travels over the socket.
 * Runs on:     any thread.
 * Locks:       takes none and allocates nothing: it is used while the threads
 *              of the host are stopped and malloc may be locked.
 * Signal:      opus_error is plain data; error_set() formats with vsnprintf
 *              and is not for handlers, which return bare codes.
 */
#ifndef OPUS_ERROR_H
#define OPUS_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "codes.h"

#define MUST_CHECK __attribute__((warn_unused_result))
#define OPUS_ERROR_TEXT 480

struct opus_error {
	uint32_t code;  /* enum opus_code */
	int32_t sys;    /* errno at the time, 0 if it says nothing */
	int32_t tid;    /* the thread it is about, 0 if none */
	uint32_t spare;
	char text[OPUS_ERROR_TEXT]; /* what, to whom, why; always ends in NUL */
};

/*
 * Fill `err` with `code` and a formatted text and return `code`, so that a
 * failing function can say `return error_set(err, OPUS_INVALID, "...")`.
 * Keeps errno and stores it in err->sys only with error_set_errno(), which
 * also appends its text. `err` may be NULL: then only the code is returned.
 */
enum opus_code error_set(struct opus_error *err, enum opus_code code,
			 const char *format, ...)
	__attribute__((format(printf, 3, 4)));
enum opus_code error_set_errno(struct opus_error *err, enum opus_code code,
			       const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Make `err` say success. */
void error_clear(struct opus_error *err);

/* Static strings for any value; unknown values give "unknown". */
const char *code_text(uint32_t code);
const char *code_json(uint32_t code);
const char *code_name(uint32_t code);
const char *reason_text(uint32_t reason);
const char *reason_json(uint32_t reason);
/* Exit status for a code: 0 to 10, 1 for unknown values. */
int code_status(uint32_t code);

#endif
