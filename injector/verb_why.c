/*
 * verb_why.c - ask which threads hold an update up, and where they are.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "run.h"
#include "symbolize.h"

/* As long as the thread that has been on the list longest. */
static void pending_time(struct report *r)
{
	for (size_t i = 0; i < r->thread_count; i++)
		if (r->threads[i].thread.since_ns > r->result.pending_ns)
			r->result.pending_ns = r->threads[i].thread.since_ns;
}

static void why_one(struct run *run, struct target *t, struct report *r)
{
	struct client c;
	enum opus_code code;

	code = client_init(&c, t, client_how(run->o), &r->error);
	if (code == OPUS_OK)
		code = client_ask(&c, WIRE_WHY, &r->error);
	if (code == OPUS_OK)
		code = client_result(&c, c.serial, report_take, r, &r->result,
				     &r->error);
	/* Names take their time: do not keep the agent awake for them. */
	client_deinit(&c);
	/* "Pending" is what was asked for, "already" that nothing is. */
	if (code != OPUS_PENDING && code != OPUS_OK)
		return;
	error_clear(&r->error);
	r->has_result = code == OPUS_PENDING;
	pending_time(r);
	symbolize_report(r);
}

enum opus_code verb_why(const struct options *o, struct output *out)
{
	return run_targets(o, out, why_one);
}
