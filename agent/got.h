/*
 * got.h - an agent that came late takes over the calls that lead to libc.
 *
 * Included by: agent.c, update.c.
 * Runs on:     see each function.
 * Locks:       the loader's, for its list of objects.
 * Signal:      unsafe: loader.
 */
#ifndef OPUS_GOT_H
#define OPUS_GOT_H

/* Constructor: find the functions that the agent exports, and libc's. */
void got_init(void);

/*
 * Let every loaded object call the agent's functions where it would call
 * libc's. Again for objects that have come since; those that are being
 * loaded just now wait for the next call. Constructor; agent thread.
 */
void got_take(void);

#endif
