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
	bool patched = run_has_patch(run, t);
	unsigned int copies = 0;

	if (patched && target_copies_watched(t->pid, &run->patch.plan, &copies,
					     &r->error) != OPUS_OK)
		return;
	if (copies > 1)
		(void)!error_set(&r->error, OPUS_NO_PATCH,
				 "it has loaded the object a second time (dlmopen), and that copy is not patched: restart it");
	else if (patched)
		error_clear(&r->error);
	else
		(void)!error_set(&r->error, OPUS_NO_PATCH,
				 "it runs the old code: the patch is not applied");
}

enum opus_code verb_check(const struct options *o, struct output *out)
{
	return run_targets(o, out, check_one);
}
