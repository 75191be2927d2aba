/*
 * verb_revert.c - have a patch taken back.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdio.h>
#include <string.h>

#include "run.h"
#include "update.h"

static void revert_one(struct run *run, struct target *t, struct report *r)
{
	struct wire_revert request;
	struct client c;
	enum opus_code code;

	memset(&request, 0, sizeof(request));
	request.flags = update_flags(run->o);
	request.stop_limit_ns = run->o->max_pause_ns;
	snprintf(request.name, sizeof(request.name), "%s", run->o->operand);
	code = client_init(&c, t, client_how(run->o), &r->error);
	if (code == OPUS_OK)
		update_run(&c, run->o, WIRE_REVERT, &request.head, sizeof(request),
			   -1, r);
	client_deinit(&c);
}

enum opus_code verb_revert(const struct options *o, struct output *out)
{
	return run_targets(o, out, revert_one);
}
