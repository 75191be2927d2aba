/*
 * producer.h - was the target made by the compiler that makes the patch?
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_PRODUCER_H
#define OPUS_PRODUCER_H

#include "build.h"

/* Warn if replace.producer and the target's DW_AT_producer name another
 * compiler, or flags by which data or calls differ; once for each difference. */
void producer_check(struct build *b, const struct replace *r);

#endif
