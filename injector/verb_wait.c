/*
 * verb_wait.c - wait until a pending update has ended; cancel nothing.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "interrupt.h"
#include "run.h"
#include "update.h"

static void wait_one(struct run *run, struct target *t, struct report *r)
{
	uint64_t now = interrupt_clock(), until = UINT64_MAX;
	struct client c;
	enum opus_code code;

	if (run->o->timeout_ns <= UINT64_MAX - now)
		until = now + run->o->timeout_ns;
	code = client_init(&c, t, client_how(run->o), &r->error);
	if (code == OPUS_OK)
		update_wait(&c, run->o, until, false, r);
	client_deinit(&c);
}

enum opus_code verb_wait(const struct options *o, struct output *out)
{
	return run_targets(o, out, wait_one);
}
