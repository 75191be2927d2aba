/*
 * verb_cancel.c - cancel pending updates.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "run.h"

static void cancel_one(struct run *run, struct target *t, struct report *r)
{
	struct wire_result result;
	struct client c;
	enum opus_code code;

	code = client_init(&c, t, client_how(run->o), &r->error);
	if (code == OPUS_OK)
		code = client_ask(&c, WIRE_CANCEL, &r->error);
	if (code == OPUS_OK)
		(void)!client_result(&c, c.serial, report_take, r, &result,
				     &r->error);
	/* For this verb that is success; the agent's words stay. */
	if (r->error.code == OPUS_CANCELLED)
		r->error.code = OPUS_OK;
	client_deinit(&c);
}

enum opus_code verb_cancel(const struct options *o, struct output *out)
{
	return run_targets(o, out, cancel_one);
}
