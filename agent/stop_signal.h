/*
 * stop_signal.h - which signal stops a thread, and who handles it.
 *
 * Included by: stop.c, agent.c, signal_sig.c, follow.c.
 * Runs on:     agent thread (stop_signal_prepare); any thread (the rest).
 * Locks:       none; raw system calls.
 * Signal:      stop_signal_forward_sig is safe.
 *
 * The agent's own signal can be blocked in threads that libc makes for itself
 * (timers with SIGEV_THREAD, asynchronous I/O, getaddrinfo_a): it fills their
 * mask without the interposed functions. SIGSETXID, glibc's 33, is blocked
 * nowhere in a program that uses glibc, since setuid() must reach every thread
 * (nptl(7), "NPTL signals"). So stops are sent by that one: our handler stands
 * before glibc's and passes on everything that is not ours.
 */
#ifndef OPUS_STOP_SIGNAL_H
#define OPUS_STOP_SIGNAL_H

#include <signal.h>
#include <stdbool.h>

#include "common/error.h"

#define SIGNAL_SETXID 33 /* glibc's SIGSETXID, which no header has */

/* SIGSETXID once its handler is taken over, the agent's own before. */
extern int stop_signal_number;

/* Put our handler before glibc's, if there is one and it is not done yet. */
void stop_signal_prepare(void);

/* From now on the agent's handlers run on the stack that the thread is on, not on
 * its alternate one. Any thread, in a handler. */
void stop_signal_own_stack(void);

/* A signal 33 that is not ours: give it to glibc. Any thread, in a handler. */
void stop_signal_forward_sig(int signo, siginfo_t *info, void *context);

/* Around pthread_create() in a handler, which waits for a lock that setuid() of
 * another thread holds until this one has answered its signal. Any thread, in a
 * handler that is not on its alternate stack just now. */
bool stop_signal_open(void) MUST_CHECK; /* false, and nothing: an exec goes on */
void stop_signal_shut(void);

/* Around exec: a signal that comes when the new program has no handler yet is
 * ignored, or, if the exec fails, handled again. Nobody changes the handler in
 * between; who is about to is waited for, 1 s at most. `shared`: not in a child of
 * vfork(2), which has a table of handlers of its own. Any thread. */
void stop_signal_leave(bool shared);
void stop_signal_stay(bool shared);

/* In the child of fork(): nobody else is there. */
void stop_signal_forked(void);

#endif
