/*
 * symbol.h - what a symbol that the patch refers to stands for.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_SYMBOL_H
#define OPUS_SYMBOL_H

#include "build.h"
#include "image.h"

struct patch_symbol {
	const char *name;
	bool defined; /* in the patch */
	bool weak;
	bool linked;  /* the linker found it in a library of the patch's own */
};

/* True if dynamic symbol `index` got a version from a library (libc, libgcc,
 * libstdc++) when the patch was linked. */
bool symbol_is_linked(const struct image *i, size_t index);

/*
 * Find what the symbol means. *ours: the agent fills it in, from *ret; else it
 * is left to the dynamic linker. What cannot be found or decided is reported
 * with build_tell(). Errors: OPUS_INVALID: nobody defines it.
 */
enum opus_code symbol_resolve(struct build *b, const struct patch_symbol *s,
			      bool *ours, struct found_symbol *ret,
			      struct opus_error *err) MUST_CHECK;

/* asker.c: does new code of the target ask for `name`, and that of others?
 * Errors: OPUS_UNREADABLE, OPUS_INVALID, OPUS_RESOURCE. */
enum opus_code symbol_askers(const struct build *b, const char *name, size_t target,
			     bool *own, bool *others, struct opus_error *err) MUST_CHECK;

/* library.c: the path of a library that `o` needs, directly, and that defines
 * `name`, or NULL. */
const char *library_defines(struct build *b, const struct object *o,
			    const char *name);

/* library.c: does a target need another, itself or by way of a third? */
bool target_needs(const struct build *b, size_t target, size_t other);

#endif
