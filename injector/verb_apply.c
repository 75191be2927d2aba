/*
 * verb_apply.c - give a patch to the agents of the targets.
 *
 * Called by:  send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <string.h>

#include "room.h"
#include "run.h"
#include "update.h"

static void apply_one(struct run *run, struct target *t, struct report *r)
{
	struct wire_apply request;
	struct client c = {.fd = -1};
	enum opus_code code;

	memset(&request, 0, sizeof(request));
	request.flags = update_flags(run->o);
	request.stop_limit_ns = run->o->max_pause_ns;
	request.args_size = run->o->args_size;
	memcpy(request.args, run->o->args, run->o->args_size);
	code = room_check(t->pid, run->patch.size, &r->error);
	if (code == OPUS_OK)
		code = client_init(&c, t, client_how(run->o), &r->error);
	if (code == OPUS_OK)
		update_run(&c, run->o, WIRE_APPLY, &request.head, sizeof(request),
			   run->patch.fd, r);
	client_deinit(&c);
}

enum opus_code verb_apply(const struct options *o, struct output *out)
{
	return run_targets(o, out, apply_one);
}
