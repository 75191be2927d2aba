/*
 * contact.h - opus-send knocks: start the control thread where that is safe.
 *
 * Included by: signal_sig.c, control.c, agent.c.
 * Runs on:     see each function.
 * Locks:       none.
 * Signal:      contact_sig is safe where its rule allows it to go on.
 */
#ifndef OPUS_CONTACT_H
#define OPUS_CONTACT_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* Life of the control thread. Handlers move IDLE to RUNNING; the thread
 * itself moves RUNNING to IDLE when nobody needs it. */
enum contact_state { CONTACT_IDLE, CONTACT_RUNNING };
extern _Atomic uint32_t contact_state;

#define CONTACT_QUEUE 16
/* Values of contact signals that the control thread has not looked at yet;
 * 0: free. Handlers fill, the control thread empties. */
extern _Atomic uint64_t contact_queue[CONTACT_QUEUE];

/* Code that contact_init() has found; read by the handler. */
#define CONTACT_RANGES 16
struct contact_range {
	uintptr_t start, end;
};
extern struct contact_range contact_ranges[CONTACT_RANGES];
extern uint32_t contact_range_count;
/* Has the host a handler that does not block its own signal (SA_NODEFER)? */
extern _Atomic bool contact_nodefer;
/* In the uc_link of the frames of our own handler, which the kernel writes and
 * does not read again: they are told from the host's by it. */
#define CONTACT_OWN_FRAME 0x5355504f454d4152ul
/* The end of the first thread's stack, or nearly; 0 if unknown. */
extern uintptr_t contact_first_stack;
/* libc's syscall(), where threads may have been before a late agent came. */
extern uintptr_t contact_syscall;
extern uintptr_t contact_sigmask; /* libc's pthread_sigmask() */

/* Constructor: remember which code must not be interrupted for a thread to be
 * created (libc, the loader, the module that provides malloc, the agent). */
void contact_init(void);

/* A contact signal has arrived with this value (wire.h). Any thread. */
void contact_sig(uint64_t value, const ucontext_t *context);
/* A timer's signal with the agent's number has arrived. Any thread. */
void contact_retry_sig(const siginfo_t *info, const ucontext_t *context);
/* No timer's signal shall come any more. Any thread. */
void contact_retry_end_sig(void);
/* In the child of fork(). */
void contact_forked(void);

/* May a thread be created in this context? Any thread, in a handler. */
int contact_safe_sig(const ucontext_t *context);

/* Provided by control.c: create the control thread. Handler. */
int control_start_sig(void);
/* Wake it. Any thread, in a handler or at a patched entry. */
void control_wake_sig(void);
extern _Atomic int control_tid;       /* 0: there is none */
extern _Atomic bool control_woken;    /* since it looked last */
extern _Atomic bool control_sleeping;
/* The signal by which that is done, in the top byte of its value, and is it the
 * control thread's sleep that the signal has to end? */
#define CONTROL_WAKE_TAG 0x57ul
bool control_sleeps_sig(void);

#endif
