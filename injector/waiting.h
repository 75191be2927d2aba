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
#include "target.h"

/* `code` is the address of libc's function; 0: unknown, and nothing is done. */

/* Note in the agent that is about to be loaded what a thread was stopped in. */
void waiting_note_stopped(const struct user_regs_struct *regs, uint64_t code,
			  struct image *image);

/* The same of all threads, as far as they may be looked at: the process itself may
 * not, if it was root before, or has no /proc. */
void waiting_note(const struct target *t, uint64_t code, struct image *image);

#endif
