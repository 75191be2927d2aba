/*
 * restart.h - make an interrupted system call go on as if nothing had been.
 *
 * Included by: stop_sig.c, contact_sig.c, preload.c.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe.
 */
#ifndef OPUS_RESTART_H
#define OPUS_RESTART_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <ucontext.h>

/* Per thread: when the wait began that a wrapper of preload.c is in. The
 * kernel does not tell how much of a relative time-out is left. */
struct restart_wait {
	_Atomic uint64_t started_ns; /* CLOCK_MONOTONIC; 0: no wait known */
	_Atomic uintptr_t sp;        /* in the wrapper's frame: tells a record
				      * that was left behind by longjmp */
	struct timespec rest;        /* given to the kernel instead */
};

struct restart_wait *restart_wait_sig(void);

/*
 * Number of the system call that `context` sits in or has just come out of
 * with EINTR, or -1 if the program counter is not right behind a `syscall`
 * instruction with that result, nor at one that the kernel will restart.
 */
long restart_number_sig(const ucontext_t *context);

/*
 * If the signal broke a system call off with EINTR, set the thread back before
 * the `syscall` instruction, with what is left of a relative time-out where it
 * is known. Otherwise nothing is changed.
 * What cannot be seen: a call whose number was not loaded into eax by one of
 * the last instructions keeps its EINTR (inline `syscall` in the program's own
 * assembly; the `syscall` function is interposed for this reason).
 */
void restart_system_call_sig(ucontext_t *context);

/* Address behind the `syscall` instruction of the interposed syscall(), which
 * leaves the number below its stack pointer. */
extern const char restart_syscall_return[];

#endif
