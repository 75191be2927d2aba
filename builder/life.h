/*
 * life.h - how often a function runs, and whether it is left.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_LIFE_H
#define OPUS_LIFE_H

#include "diff.h"

/* Does the text of `f` call a function, and only where it comes by once? */
bool life_calls_once(const struct text *t, const struct entity *f, const char *name);

/* Warn of a change to what has run already, or is not left; `f` is the new text. */
void life_tell(struct build *b, const struct change *c, const struct entity *f);

#endif
