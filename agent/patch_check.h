/*
 * patch_check.h - hold a plan against the process it is meant for.
 *
 * Included by: patch.c.
 * Runs on:     agent thread.
 * Locks:       the loader's, in patch_check_targets and patch_fill_refs.
 * Signal:      unsafe: loader.
 *
 * plan_open() has shown that the plan is well-formed; here every address in it
 * is compared with what is really loaded. The functions are called in the
 * order in which they stand and do not touch the host's code or data.
 */
#ifndef OPUS_PATCH_CHECK_H
#define OPUS_PATCH_CHECK_H

#include "patch.h"

/* The ELF file: no constructors, no text relocations, no executable stack, no
 * segment that is writable and executable. OPUS_INVALID. */
enum opus_code patch_check_file(const struct patch *p, struct opus_error *err)
	MUST_CHECK;

/* Find each target by its build-id, keep it loaded, fill p->targets, compare
 * every function's entry, ranges and original bytes.
 * OPUS_NO_MATCH, OPUS_BYTES_DIFFER, OPUS_INVALID. */
enum opus_code patch_check_targets(struct patch *p, struct opus_error *err)
	MUST_CHECK;

/* The loaded patch: new functions and hooks lie where the plan says. */
enum opus_code patch_check_loaded(struct patch *p, const struct object *o,
				  struct opus_error *err) MUST_CHECK;

/* Store the addresses of the target's symbols into the patch's own data. */
enum opus_code patch_fill_refs(struct patch *p, struct opus_error *err)
	MUST_CHECK;

#endif
