/*
 * verb_log.c - ask the agents for their logs.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "run.h"

static void log_one(struct run *run, struct target *t, struct report *r)
{
	struct wire_result result;
	struct client c;
	enum opus_code code;

	code = client_init(&c, t, client_how(run->o), &r->error);
	if (code == OPUS_OK)
		code = client_ask(&c, WIRE_LOG, &r->error);
	if (code == OPUS_OK)
		(void)!client_result(&c, c.serial, report_take, r, &result,
				     &r->error);
	client_deinit(&c);
}

enum opus_code verb_log(const struct options *o, struct output *out)
{
	return run_targets(o, out, log_one);
}
