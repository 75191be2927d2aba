/*
 * coroutine.h - contexts that swapcontext() has put to sleep.
 *
 * Included by: preload.c (tells), update.c and pending.c (look).
 * Runs on:     see each function.
 * Locks:       none: a table of atomics.
 * Signal:      coroutine_suspend and _resume are safe.
 *
 * A coroutine that sleeps inside an old function is on no thread's stack. The
 * agent knows those of ucontext(3) because it interposes swapcontext().
 * Hand-written switches (Boost.Context, libco) are not seen: see
 * opus-livepatch(7).
 */
#ifndef OPUS_COROUTINE_H
#define OPUS_COROUTINE_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "stop.h"

#define COROUTINE_MAX 8192

/* `save` is about to be filled and left: false if there is no room for it. And it runs
 * again, with what the first one said. Any thread. */
bool coroutine_suspend(ucontext_t *save);
void coroutine_resume(const ucontext_t *save, bool listed);

/* More are asleep than the table holds: some are not known. */
bool coroutine_lost(void);

/*
 * Threads stopped: describe each sleeping context as if it were a parked
 * thread (tid: the process's; gate: NULL) in coroutine_list[0 .. result).
 */
uint32_t coroutine_collect(void);
/* 1 once any context has been suspended. Read at gates. */
extern _Atomic uint32_t coroutine_used;
extern struct stop_thread coroutine_list[COROUTINE_MAX];
extern uint32_t coroutine_count; /* of the last collection */

#endif
