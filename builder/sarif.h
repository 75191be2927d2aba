/*
 * sarif.h - what was said, in the format that code review tools read.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_SARIF_H
#define OPUS_SARIF_H

#include "build.h"

struct json_object;

/* Write it to options.sarif_to, from the object that --json prints. */
void sarif_print(struct build *b, int status, struct json_object *said);

#endif
