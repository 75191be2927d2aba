/*
 * rank.h - which thread to borrow first.
 *
 * Included by: inject.c, confine.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_RANK_H
#define OPUS_RANK_H

#include "target.h"

/* The threads that may be borrowed, best first; of many a few, in each `round` of
 * the search others. `only`, unless 0: none but this one. Returns how many; the
 * caller frees them. */
size_t rank_threads(const struct target *t, pid_t only, unsigned int round,
		    pid_t **ret);

/* How little a stop is to a thread: 0 nothing, RANK_UNFIT it may be long in coming. */
#define RANK_UNFIT 5
unsigned char rank_thread(const struct target *t, pid_t tid);

#endif
