/*
 * unmask.h - let the stop signal through to a thread that blocks it.
 *
 * Included by: update.c.
 * Runs on:     command; most of it in a child of it.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_UNMASK_H
#define OPUS_UNMASK_H

#include <stdbool.h>
#include <stdint.h>

#include "target.h"

#define UNMASK_THREADS 64

/* Threads whose masks were changed; zero to begin with. */
struct unmask {
	bool waits;    /* to be set: only threads in a system call that waits */
	uint64_t open; /* the signal that was let in, as a mask */
	uint32_t count;
	struct unmask_thread {
		int32_t tid;
		uint64_t mask; /* its own */
	} threads[UNMASK_THREADS];
};

#define UNMASK_SETXID 33 /* by which the agent stops threads */

/*
 * All threads of the process that block this signal of the agent's: only a raw
 * system call can have done that. Their masks are opened for it, if the process
 * still has a handler. The agent itself blocks all signals of a thread that
 * executes another program, which the signal would end: outside of a stop, which
 * the agent keeps apart from that, `waits` must be set. False if there is no such
 * thread, or we may not attach to it.
 */
bool unmask_begin(const struct target *t, unsigned int signal, struct unmask *u);

/* Give them their masks back, if they are still as we have left them. */
void unmask_end(const struct target *t, const struct unmask *u);

#endif
