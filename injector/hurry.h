/*
 * hurry.h - the command and the agent's thread go before other threads.
 *
 * Included by: client.h, send_main.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_HURRY_H
#define OPUS_HURRY_H

#include "target.h"

/* A thread of the target and the nice value that it had; tid 0: none. */
struct hurry {
	pid_t tid;
	int nice;
};

/* Give this process the highest ordinary priority, if it may have that. */
void hurry_self(void);

/* The same for the thread that the target knows as `inner_tid` (0: unknown);
 * it is in `ret` until hurry_end(). Nothing happens without the right to do so
 * (CAP_SYS_NICE), and nobody need know. */
void hurry_begin(struct hurry *ret, const struct target *t, pid_t inner_tid);
void hurry_end(struct hurry *h);

#endif
