/*
 * vfork.h - hold vforked children still while the agent looks.
 *
 * Included by: update.c.
 * Runs on:     command; the holding in a child of it.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * The parent of a vforked child sleeps in the kernel until that has executed
 * another program or ended; neither a signal nor ptrace(2) reaches it. The child
 * it does reach. While that is stopped, both stay where they are: the agent sees
 * that for itself, and looks at both (agent/vfork.h).
 */
#ifndef OPUS_VFORK_H
#define OPUS_VFORK_H

#include <stdbool.h>

#include "child.h"
#include "target.h"

/* Stop the vforked children of all threads. False if there are none that do, or
 * we may not attach to them: then nobody is held. */
bool vfork_hold(const struct target *t, struct child *holder);

/* Let them go on. */
void vfork_release(struct child *holder);

#endif
