/*
 * settle.h - wait for an exec that began before the agent was there.
 *
 * Included by: inject.c.
 * Runs on:     command, in a child of it.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * The agent stands in front of exec(3), since a signal for the old program would end
 * the new one, which has no handler yet. A thread that was on its way into the
 * kernel when the agent came has not met it.
 */
#ifndef OPUS_SETTLE_H
#define OPUS_SETTLE_H

#include "target.h"

/*
 * An agent has just been loaded. Returns when no thread is in an execve(2) that it
 * entered before; the process may be another program by then. Stops nobody. Waits
 * as long as an exec takes, and up to 2 s for threads that find no processor.
 * Once in a process: it stays a tracer of one thread until it ends.
 */
void settle(const struct target *t);

#endif
