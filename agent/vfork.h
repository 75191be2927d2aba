/*
 * vfork.h - a thread that waits for its vforked child.
 *
 * Included by: stop.c, update.c.
 * Runs on:     agent thread.
 * Locks:       none; raw system calls.
 * Signal:      safe while threads are stopped.
 *
 * Until the child has executed another program or ended, its parent sleeps in
 * the kernel, where neither a signal nor ptrace(2) reaches it; and the child
 * runs in the same memory without being a thread of it. If a tracer holds the
 * child, neither can go on, which is as good as parked (opus-send does that,
 * injector/vfork.c).
 */
#ifndef OPUS_VFORK_H
#define OPUS_VFORK_H

#include <stdbool.h>
#include <stdint.h>

#include "stop.h"

enum vfork_state {
	VFORK_NOT,
	VFORK_FREE, /* the child runs, or may */
	VFORK_HELD, /* a tracer holds the child */
};

/* Does this thread, which has not answered, wait for a child? `tasks` is the
 * folder of all threads. After VFORK_HELD `*ret` is its context until the next
 * stop, as far as the kernel tells: stack pointer, program counter, in rax the
 * number of the system call, and in rsi the stack that the child was given, or 0. */
enum vfork_state vfork_look(int tasks, uint32_t tid, ucontext_t **ret);

/* Of the child of a thread in STOP_VFORK. */
ucontext_t *vfork_child(const struct stop_thread *t);

/* Forget the contexts, before a stop. */
void vfork_begin(void);

#endif
