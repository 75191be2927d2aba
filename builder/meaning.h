/*
 * meaning.h - what a function's text does with data, and what that means for a
 *             process that runs.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_MEANING_H
#define OPUS_MEANING_H

#include "diff.h"

/* Warn of what a change may mean in a process that runs. */
void meaning_tell(struct build *b, const struct change *c);

/* Does the text of `f` name a variable? Members of that name do not count. */
bool meaning_names(const struct text *t, const struct entity *f, const char *name);

/* May it store to the variable, or hand on its address? */
bool meaning_stores(const struct text *t, const struct entity *f,
		    const struct entity *v);

/* Does it use a value that a variable of its own has? */
bool meaning_reads(const struct text *t, const struct entity *f,
		   const struct entity *v);

#endif
