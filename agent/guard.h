/*
 * guard.h - a patch with which a program dies at its start is set aside.
 *
 * Included by: store.c, follow.c, agent.c, filter_sig.c.
 * Runs on:     see each function.
 * Locks:       none.
 * Signal:      guard_end() and guard_confined() are safe, the rest is not.
 */
#ifndef OPUS_GUARD_H
#define OPUS_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Patches of the store will be applied, `numbers` in ascending order: note the
 * start of this program, once. If its last starts ended in deaths, the newest
 * that is not is set aside. May patch `number` be applied? The thread that
 * starts, or the agent thread. Without a place to write to, all may.
 */
void guard_begin(const uint32_t *numbers, uint32_t count);
bool guard_allows(uint32_t number);

/* The process ends by itself, or becomes another program. */
void guard_end(void);

/* A filter comes that would kill for what guard_end() does: it is done now, and no
 * more, here and in children. Any thread. */
void guard_confined(void);

/* In the parent and in the child of fork(). */
void guard_has_forked(void);
void guard_forked(void);

/* Constructor: find libc's daemon(). */
void guard_init(void);

#endif
