/*
 * restart.h - make an interrupted system call go on as if nothing had been.
 *
 * Included by: signal_sig.c, stop_sig.c, contact_sig.c, preload.c,
 *              wait_transfer.c.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe.
 */
#ifndef OPUS_RESTART_H
#define OPUS_RESTART_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <ucontext.h>

#include "common/waits.h"
#include "tls.h"

/*
 * A wait whose begin nobody noted: it began before the agent came, or libc makes it
 * for a purpose of its own. It counts from its first stop on. Of the handler alone.
 */
struct restart_unknown {
	greg_t sp, second; /* the call: its stack pointer, its second argument */
	greg_t before;     /* its limit, as its caller gave it */
	greg_t limit;      /* what is given to the kernel instead, never the same */
	uint64_t since_ns; /* and when */
};

/*
 * Per thread, in the static TLS block. What the interposed functions note of a
 * wait that they are in: the kernel does not tell how much of a relative
 * time-out is left, and not which call it was. Written by the thread itself,
 * read by its handler, which writes `left`, `broken` and `rest`.
 */
struct restart_wait {
	_Atomic uint64_t started_ns; /* CLOCK_MONOTONIC; 0: no wait known */
	_Atomic uintptr_t sp;        /* in the function's frame: tells a record
				      * that was left behind by longjmp */
	_Atomic int32_t number;      /* of the call, if restart_call_sig() makes it */
	_Atomic bool own;            /* the function takes a transfer up itself */
	_Atomic bool left;           /* its EINTR is the agent's */
	bool restarted;              /* by the handler that runs now */
	_Atomic uintptr_t broken;    /* stack pointer of a transfer that the agent has
				      * broken off with a part of it done; 0 */
	struct timespec rest;        /* given to the kernel instead */
	uint64_t argument[3];        /* struct io_uring_getevents_arg, the same */
	struct restart_unknown unknown;
};

extern __thread struct restart_wait restart_self
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* How libc waits; set once at the start. */
extern struct waits restart_waits __attribute__((visibility("hidden")));

/* The record of an outer wait, which a signal handler of the host may have
 * interrupted to wait itself. */
struct restart_note {
	uint64_t started_ns;
	uint64_t outer_started_ns;
	uintptr_t outer_sp;
	int32_t outer_number;
	bool outer_own;
};

/* libc's clock_gettime(), which uses the vDSO. Somebody else may stand before that
 * as well (libfaketime), and the handler reads the kernel's clock. */
extern int (*restart_clock)(clockid_t, struct timespec *)
	__attribute__((visibility("hidden")));

static inline uint64_t restart_now(void)
{
	struct timespec t;

	restart_clock(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The calling thread's; NULL: it has no thread-local storage. */
static inline struct restart_wait *restart_mine(void)
{
	return tls_there_sig() ? &restart_self : NULL;
}

/* Begin a wait in the calling function, which must end it by restart_leave().
 * `own`: an EINTR of the agent is not hidden; see restart_left(). `note` is
 * zero, or that of the same wait, broken off before: it began then. */
static inline __attribute__((always_inline)) void
restart_enter(struct restart_note *note, bool own)
{
	struct restart_wait *w = restart_mine();

	if (!w)
		return;
	note->outer_started_ns = atomic_load_explicit(&w->started_ns,
						      memory_order_relaxed);
	note->outer_sp = atomic_load_explicit(&w->sp, memory_order_relaxed);
	note->outer_number = atomic_load_explicit(&w->number, memory_order_relaxed);
	note->outer_own = atomic_load_explicit(&w->own, memory_order_relaxed);
	if (note->started_ns == 0)
		note->started_ns = restart_now();
	atomic_store_explicit(&w->sp, (uintptr_t)__builtin_frame_address(0),
			      memory_order_relaxed);
	atomic_store_explicit(&w->own, own, memory_order_relaxed);
	atomic_store_explicit(&w->number, -1, memory_order_relaxed);
	atomic_store_explicit(&w->left, false, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&w->started_ns, note->started_ns,
			      memory_order_relaxed);
}

/* Where the function that has called restart_enter() returns to. */
static inline uintptr_t restart_caller(void)
{
	return ((const uintptr_t *)atomic_load(&restart_self.sp))[1];
}

static inline void restart_leave(const struct restart_note *note)
{
	struct restart_wait *w = restart_mine();

	if (!w)
		return;
	atomic_store_explicit(&w->started_ns, 0, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&w->sp, note->outer_sp, memory_order_relaxed);
	atomic_store_explicit(&w->own, note->outer_own, memory_order_relaxed);
	atomic_store_explicit(&w->number, note->outer_number, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&w->started_ns, note->outer_started_ns,
			      memory_order_relaxed);
}

/* Was the EINTR of the call that has just returned the agent's doing? */
static inline bool restart_left(void)
{
	struct restart_wait *w = restart_mine();

	return w && atomic_exchange_explicit(&w->left, false, memory_order_relaxed);
}

/* Before a transfer that is to be done whole. */
static inline void restart_whole(void)
{
	struct restart_wait *w = restart_mine();

	if (w)
		atomic_store_explicit(&w->broken, 0, memory_order_relaxed);
}

/*
 * After it: may the agent, and nobody else, have broken it off? A handler of the
 * host that has interrupted it, and has been interrupted by the agent in turn, lies
 * farther away, by the kernel's frame: 1080 bytes at least, with its red zone.
 */
#define RESTART_NEAR 1024
static inline __attribute__((always_inline)) bool restart_broken(void)
{
	struct restart_wait *w = restart_mine();

	return w && (uintptr_t)__builtin_frame_address(0) -
		    atomic_exchange_explicit(&w->broken, 0, memory_order_relaxed) <
	       RESTART_NEAR;
}

/*
 * Number of the system call that `context` sits in or has just come out of
 * with EINTR, or -1 if the program counter is not right behind a `syscall`
 * instruction with that result, nor at one that the kernel will restart.
 */
long restart_number_sig(const ucontext_t *context);
/* The same of these registers, with `rax` in place of theirs. */
long restart_number_of_sig(const greg_t *g, greg_t rax);

/*
 * If the signal broke a system call off with EINTR, set the thread back before
 * the `syscall` instruction, with what is left of a relative time-out where it
 * is known. Otherwise nothing is changed.
 * What cannot be seen: a call whose number was not loaded into eax by one of
 * the last instructions keeps its EINTR (inline `syscall` in the program's own
 * assembly; the `syscall` function is interposed for this reason).
 */
void restart_system_call_sig(ucontext_t *context);

/* Instead of both, without any system call: a filter that nobody has asked may kill
 * for it. The call begins anew, with all of its time-out, and also where a signal
 * of the host has come. The second uses nothing that is thread-local. */
void restart_silently_sig(ucontext_t *context);
void restart_barely_sig(ucontext_t *context);

/* At the end of the handler: if a signal of the host has come meanwhile, the
 * call ends with EINTR after all, as it would have without us: any that we have
 * begun anew, and one that the kernel has if the host's handler has no SA_RESTART. */
void restart_finish_sig(ucontext_t *context);

/* Does a signal wait for which the host has a handler, without these flags? It is
 * delivered before the first instruction behind ours. */
bool restart_signal_sig(const ucontext_t *context, uint64_t without);

/* syscall(), for calls with a relative time-out, and for the others. Any thread. */
long restart_call_sig(long number, long a, long b, long c, long d, long e, long f);
long restart_syscall(long number, long a, long b, long c, long d, long e, long f);
/* By number of the call: 1 if restart_call_sig() has to make it. */
#define RESTART_CALLS 512
extern const uint8_t restart_calls[RESTART_CALLS];

/* Address behind the `syscall` instruction of the interposed syscall(), which
 * leaves the number below its stack pointer. */
extern const char restart_syscall_return[];
/* The same in restart_call_sig(). */
extern const char restart_call_return[];

#endif
