/*
 * waiting.h - who waits in libc's syscall() while an agent is brought in.
 *
 * Included by: inject.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_WAITING_H
#define OPUS_WAITING_H

#include "image.h"
#include "module.h"
#include "target.h"

/*
 * Note these calls in the agent that is about to be loaded, where it will not be
 * able to find them: in a process that may not read its own folder of /proc, since
 * it was root before, or has none (`jail`). Whoever cannot be looked at is left out.
 */
void waiting_note(const struct target *t, const struct modules *m, bool jail,
		  struct image *image);

#endif
