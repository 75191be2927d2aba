/*
 * got.h - an agent that came late takes over the calls that lead to libc.
 *
 * Included by: agent.c, update.c, unwind.c.
 * Runs on:     see each function.
 * Locks:       the loader's, for its list of objects.
 * Signal:      unsafe: loader.
 */
#ifndef OPUS_GOT_H
#define OPUS_GOT_H

#include <stdbool.h>

#include "common/error.h"

/* Constructor: find the functions that the agent exports, and libc's. */
void got_init(void);

/*
 * Let every loaded object call the agent's functions where it would call
 * libc's. Again for objects that have come since; those that are being
 * loaded just now wait for the next call. Constructor; agent thread.
 */
void got_take(void);

/* The same if objects have been loaded since. Any thread, without a lock of the
 * loader. */
void got_look(void);

/*
 * Let the object that holds the address call `to` for `name`. False if some of
 * its calls cannot be changed. Agent thread; before these calls are made.
 */
bool got_redirect(const void *inside, const char *name, const void *to) MUST_CHECK;

#endif
