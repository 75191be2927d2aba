/*
 * hook_call.h - call the hooks of a patch with typed arguments.
 *
 * Included by: update.c, pending.c.
 * Runs on:     agent thread.
 * Locks:       none of its own; what a hook does is the patch author's.
 * Signal:      unsafe.
 */
#ifndef OPUS_HOOK_CALL_H
#define OPUS_HOOK_CALL_H

#include "patch.h"

/*
 * Call every hook of this kind and context, in the order of the plan, until
 * one returns something else than 0. `args`: NAME=VALUE NUL ..., which replace
 * the defaults of the plan. Calls nothing of malloc itself.
 * OPUS_VETO if a hook refuses (the text names it and its value), OPUS_USAGE if
 * a value does not fit its type. `err` may be NULL.
 */
enum opus_code hook_call_all(const struct patch *p, enum plan_hook_kind kind,
			     enum plan_where where, const char *args,
			     uint32_t args_size, struct opus_error *err);

/* Do all NAME=VALUE belong to some hook of the patch, and fit its types? OPUS_USAGE
 * if not. */
enum opus_code hook_check_args(const struct patch *p, const char *args,
			       uint32_t args_size, struct opus_error *err);

#endif
