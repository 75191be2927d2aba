/*
 * why.h - who keeps the update pending.
 *
 * Included by: serve.c.
 * Runs on:     agent thread.
 * Locks:       none while threads are stopped.
 * Signal:      unsafe.
 */
#ifndef OPUS_WHY_H
#define OPUS_WHY_H

#include <stdbool.h>

#include "common/wire.h"

/*
 * Call `tell` for each thread on the list, 64 at most. With `backtraces` the threads are
 * stopped for a moment and their frames added; without, nobody is disturbed.
 */
void why_threads(bool backtraces,
		 void (*tell)(const struct wire_thread *, void *), void *data);

#endif
