/*
 * stop.h - stop all threads of the process once, look, release them.
 *
 * Included by: update.c, scan.c, agent.c.
 * Runs on:     agent thread, but for the functions ending in _sig.
 * Locks:       none. Between stop_threads() and stop_release() every other
 *              thread is parked at any instruction and may hold any lock of
 *              the process: no malloc, no stdio, no loader in that time.
 * Signal:      safe where the name ends in _sig.
 *
 *   agent thread                            any other thread
 *   ------------                            ----------------
 *   number = ++stop.number
 *   list /proc/self/task, one slot each
 *   rt_tgsigqueueinfo(slot index) --------> handler: publish ucontext
 *                                           restart an interrupted system call
 *                                  <------- state = PARKED, parked + 1, wake
 *   list again until nothing new            futex wait on `released`
 *   and all have parked or ended
 *   ... the caller works ...
 *   released = number, futex wake --------> return from the handler
 *
 * On time-out the ones that have parked are released and the slot of the one
 * that has not is reported. A signal that arrives after the release finds its
 * number stale and does nothing.
 */
#ifndef OPUS_STOP_H
#define OPUS_STOP_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "common/error.h"
#include "gate.h"

/* Tag in the top byte of the signal's value; wire.h has the contact's. */
#define STOP_TAG 0x53u

enum stop_state {
	STOP_ASKED,
	STOP_PARKED,
	STOP_GONE,
	STOP_VFORK, /* sleeps in vfork(2), its child is held: see vfork.h */
};

struct stop_thread {
	uint32_t tid;
	_Atomic uint32_t state; /* enum stop_state; the thread sets PARKED */
	/* Number of the stop, while the thread may take the slot for it. It
	 * writes 0, and then the slot, or the agent thread does, when the stop
	 * is over: who comes later has no slot. */
	_Atomic uint32_t turn;
	/* Valid while PARKED; written by the thread before that. In VFORK
	 * the first is vfork.h's, and the others are 0. */
	ucontext_t *context;
	uintptr_t thread_pointer;
	struct gate_thread *gate;
	/* What update.c found out about it, enum scan_verdict. */
	uint32_t verdict;
	uint32_t site;
	uintptr_t *slot;
};

struct stop {
	struct stop_thread *threads; /* by order of listing */
	uint32_t count;
	uint32_t capacity;
	uint64_t started_ns; /* CLOCK_MONOTONIC, first signal */
	uint32_t vfork;      /* a thread that waits for a child which runs; 0 */
	uint32_t bare;       /* one that has no thread-local storage; 0 */
	uint32_t sharing;    /* a thread that uses another's thread-local
			      * storage: it can be stopped, not tracked; 0 */
};

/* The one stop of the process. Read by handlers. */
extern struct stop stop_now;

/*
 * Around what a stop's signal must not meet, since it would end the process: exec,
 * which takes the handler away, and a seccomp filter, which may kill for the
 * handler's return. The first waits for the end of a stop that runs, 1 s at most;
 * one that begins meanwhile waits for the second, which is told the first's result
 * and makes no system call: a filter may be on. False, and nothing, in a child of
 * vfork(2). Any thread, also in handlers.
 */
bool stop_keep_out_sig(void) MUST_CHECK;
void stop_let_in_sig(bool kept_out);

/*
 * Stop every thread but the caller, or, with `only` (0-terminated), those.
 * After OPUS_OK they are parked and stop_release() must follow. Errors, after
 * which nobody is held: OPUS_NO_ANSWER (err->tid: a thread that did not park
 * within limit_ns, stop_now.vfork or .bare if that is why), OPUS_RESOURCE (no
 * memory, no /proc, signal queue full).
 */
enum opus_code stop_threads(const uint32_t *only, uint64_t limit_ns,
			    struct opus_error *err) MUST_CHECK;
/* Before and after what may take long or hang, hooks of a patch: parked threads
 * may give up in between. False from stop_hold(): one has, and nothing that was
 * found out about them holds any more. After stop_threads() they are held. */
void stop_loosen(void);
bool stop_hold(void) MUST_CHECK;
/* Let all go on; returns the nanoseconds since the first signal. */
uint64_t stop_release(void);

/* The thread side; `index` and `number` come from the signal's value. */
void stop_park_sig(uint32_t number, uint32_t index, ucontext_t *context);

/* The same for a thread that cannot be parked, see tls.h. */
void stop_bare_sig(uint64_t value);

/* In the child of fork(): nobody is stopped here. */
void stop_forked(void);

#endif
