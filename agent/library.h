/*
 * library.h - look a library up in the store as soon as it is loaded.
 *
 * Included by: agent.c, control.c.
 * Runs on:     see each function.
 * Locks:       see store.h.
 * Signal:      unsafe: loader.
 */
#ifndef OPUS_LIBRARY_H
#define OPUS_LIBRARY_H

#include <stdbool.h>

/* Constructor: find libc's dlopen and dlsym. */
void library_init(void);
/* This thread loads for the agent, not for the host; nests. */
void library_own(void);
void library_own_end(void);

/* Start the agent thread, or wake it. A thread that holds no lock of libc. */
void library_wake(void);
/* Agent thread: do what a thread that has loaded a library waits for. */
void library_serve(void);
/* Agent thread: does one wait? */
bool library_waiting(void);
/* The child of fork(): nobody waits any more. */
void library_forked(void);

#endif
