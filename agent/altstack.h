/*
 * altstack.h - may the agent's handlers run on alternate signal stacks?
 *
 * Included by: agent.c, altstack.c, altstack_sig.c, late.c, preload.c, update.c,
 *              signal_sig.c, stop_signal_sig.c.
 * Runs on:     see each function.
 * Locks:       none.
 * Signal:      *_sig() and altstack_avoid() are safe.
 *
 * The agent's handlers run on the alternate stack (sigaltstack(2)) where a thread
 * has one: its own may have no room. But a program whose only handler on it ends
 * the process may give one and the same to all its threads, as Varnish does. Two
 * that stopped there at a time would resume with each other's registers. And one
 * of 2048 bytes, which the headers call MINSIGSTKSZ, has no room for the frame that
 * a processor with AVX-512 needs: the kernel ends the program for any signal on it,
 * which such a one may never have had. So the agent keeps an eye on both, and leaves
 * alternate stacks alone in such a program.
 */
#ifndef OPUS_ALTSTACK_H
#define OPUS_ALTSTACK_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "common/error.h"

/* Some two threads share one, or did, or one is too small: it stays set. */
extern _Atomic bool altstack_avoided;
/* Some stack is one that the kernel forgets while a handler runs on it (SS_AUTODISARM):
 * that one does is not to be seen then. */
extern _Atomic bool altstack_disarms;
/* Set it, and take the handlers that are there off alternate stacks. Any thread. */
void altstack_avoid(void);

/* No room for a signal and the agent's handlers. */
bool altstack_is_small_sig(size_t size);

/* The calling thread has this one from now on, or has it. Any thread. */
void altstack_note_sig(const stack_t *stack);

/* Ask each thread in turn which one it has, if that was not done yet: for an
 * agent that came late, before it stops them. Agent thread; takes some 40 us a
 * thread. 0, or one that has not answered within two seconds, or that was not asked
 * within ten, as where hundreds want one processor: then nobody may be stopped, since
 * it may come to its handler at any time. Those that do not take the signal are left
 * out. */
uint32_t altstack_ask(void) MUST_CHECK;
/* A thread has been asked. Handler. */
#define ALTSTACK_TAG 0x41ul /* in the top byte of the signal's value */
void altstack_answer_sig(const ucontext_t *context);
/* The same for one that may make no system call, or has no thread-local storage. */
void altstack_pass_sig(void);
extern _Atomic uint32_t altstack_answers; /* how many there were */
extern _Atomic bool altstack_used; /* by the last one, or nobody knows */

#endif
