/*
 * verb_status.c - show what the beacons say; no process is contacted.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "run.h"

static void status_one(struct run *run, struct target *t, struct report *r)
{
	/* All that there is to say was read by target_look(). */
	(void)run;
	(void)t;
	error_clear(&r->error);
}

enum opus_code verb_status(const struct options *o, struct output *out)
{
	return run_targets(o, out, status_one);
}
