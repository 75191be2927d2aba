/*
 * late.h - calls of syscall() that were made before the agent came.
 *
 * Included by: agent.c, update.c, restart_sig.c.
 * Runs on:     see each function.
 * Locks:       none.
 * Signal:      late_number_sig() is safe.
 *
 * libc's syscall() overwrites the number of the call that it makes, so that
 * nobody can tell after an EINTR what to make anew. The agent's own leaves it on the
 * stack. Who waits in libc's when an agent comes late is asked of the kernel.
 */
#ifndef OPUS_LATE_H
#define OPUS_LATE_H

#include <stdatomic.h>
#include <stdint.h>
#include <ucontext.h>

#define LATE_CALLS 512

/* Written by these functions, read by handlers: `sp` last, and first set to 0. */
struct late_call {
	_Atomic uintptr_t sp; /* of the thread in the call; 0: it has returned */
	uint32_t tid; /* 0: not known */
	int32_t number;
	uint64_t first, second; /* arguments */
};

extern struct joined late_joined;
extern struct late_call late_calls[LATE_CALLS];
extern _Atomic uint32_t late_count;
extern _Atomic uintptr_t late_return; /* behind libc's `syscall` instruction */

/* Take over what opus-inject has seen. Constructor; only if agent_late. */
void late_begin(void);

/*
 * Find what has begun since, once, and drop the calls that have returned. Where the
 * process may not read its own folder of /proc, nothing happens. Agent thread; only
 * if agent_late.
 */
void late_look(void);

/* The number of the call that a thread with these registers is in, or has come
 * out of, at the `syscall` instruction at `at`; -1: unknown. */
long late_number_sig(const greg_t *g, const uint8_t *at);

#endif
