/*
 * namesake.h - functions of one name in several source files of a target.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_NAMESAKE_H
#define OPUS_NAMESAKE_H

#include "diff.h"
#include "facts.h"

/* Is there code where the description says? The linker drops code, and leaves its
 * description. */
bool namesake_has_code(const struct object *o, const struct facts_function *fn);

/* The symbol of the function at an address: that of its own name, of others (an
 * alias, a name with a version) one without a suffix, if any. */
const char *namesake_symbol(const struct object *o, const struct facts_function *fn);

/* Is the name of the changed function another's in the target: the linker took that
 * one, of another source file? */
bool namesake_overrides(const struct object *o, const struct facts *f,
			const struct change *c);

/* Is `fn` another file's, although the changed function's own file has code of it? */
bool namesake_is_other(const struct object *o, const struct facts *f,
		       const struct change *c, const struct facts_function *fn);

#endif
