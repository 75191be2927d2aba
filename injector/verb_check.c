/*
 * verb_check.c - does every process that has the hole run the fix?
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Nobody is contacted: what a process runs is in its agent's beacon, and what
 * it has mapped in /proc.
 */
#include "run.h"

static void check_one(struct run *run, struct target *t, struct report *r)
{
	if (run_has_patch(run, t))
		error_clear(&r->error);
	else
		(void)!error_set(&r->error, OPUS_NO_PATCH,
				 "it runs the old code: the patch is not applied");
}

enum opus_code verb_check(const struct options *o, struct output *out)
{
	return run_targets(o, out, check_one);
}
