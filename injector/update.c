/*
 * update.c - start an update and see it to its end.
 *
 * Called by:  verb_apply.c, verb_revert.c, verb_wait.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 *      RESULT of APPLY or REVERT
 *        |  not pending ------------------------------> done
 *        |  --no-wait: ask WHY -----------------------> pending
 *      WAIT ... THREAD, PROGRESS ... RESULT ----------> done
 *        |  time limit, ^C
 *      CANCEL ... RESULT of WAIT and of CANCEL -------> cancelled, or done if
 *                                                       it was quicker
 */
#include "update.h"

#include <string.h>

#include "common/cleanup.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "unmask.h"
#include "vfork.h"

#define WAIT_INTERVAL_NS 200000000ull
/* Between the answers to CANCEL and WAIT, which belong together. */
#define WAIT_LAST_NS 1000000000ull
#define REACH_TRIES 4 /* it may block the signal again, or vfork */
#define RETRY_GAP_NS 10000000ull /* of --retry */

uint32_t update_flags(const struct options *o)
{
	return (o->dry_run ? WIRE_DRY_RUN : 0) | (o->no_wait ? WIRE_KEEP : 0) |
	       (o->no_barrier ? WIRE_NO_BARRIER : 0) |
	       ((o->timeout_ns == 0 && !o->no_wait) || o->retry ? WIRE_AT_ONCE : 0);
}

/* A wait under way. */
struct wait {
	struct client *c;
	struct report *r;
	struct report fresh;     /* threads since the last PROGRESS */
	struct progress progress;
	uint64_t heard_ns;       /* clock at the last PROGRESS, 0: none yet */
	uint32_t wait_serial;
	uint32_t cancel_serial;  /* 0: not cancelled */
	bool wait_done;
	bool cancel_done;
	struct wire_result wait_result;
	struct wire_result cancel_result;
};

static void wait_take(struct wait *w, const union client_message *m)
{
	if (m->head.type == WIRE_THREAD) {
		if (w->fresh.thread_count < CLIENT_MESSAGES)
			report_take(&w->fresh, m);
	} else if (m->head.type == WIRE_PROGRESS) {
		report_clear_threads(w->r);
		w->r->threads = w->fresh.threads;
		w->r->thread_count = w->fresh.thread_count;
		w->fresh.threads = NULL;
		w->fresh.thread_count = 0;
		w->heard_ns = interrupt_clock();
		w->r->result.unsafe = m->progress.unsafe;
		w->r->result.pending_ns = m->progress.pending_ns;
		progress_show(&w->progress, w->r, &m->progress);
	} else if (m->head.type == WIRE_RESULT) {
		if (m->head.serial == w->wait_serial) {
			w->wait_result = m->result;
			w->wait_done = true;
		} else if (m->head.serial == w->cancel_serial) {
			w->cancel_result = m->result;
			w->cancel_done = true;
		}
	}
}

/* Receive until the update has ended or the time is over. Errors as
 * client_receive(); OPUS_OK also at the time limit. */
static enum opus_code wait_loop(struct wait *w, uint64_t until_ns,
				struct opus_error *err)
{
	union client_message m;
	bool last = false;

	while (!w->wait_done) {
		switch (client_receive(w->c, until_ns, w->cancel_serial != 0, &m,
				       err)) {
		case CLIENT_MESSAGE:
			wait_take(w, &m);
			if (w->cancel_done && !last) {
				until_ns = interrupt_clock() + WAIT_LAST_NS;
				last = true;
			}
			break;
		case CLIENT_TIMEOUT:
		case CLIENT_SIGNAL:
			return OPUS_OK;
		case CLIENT_FAILED:
			return err->code;
		}
	}
	return OPUS_OK;
}

/* Add the time since the last PROGRESS to what it said. */
static void wait_age(struct wait *w)
{
	uint64_t ns = w->heard_ns ? interrupt_clock() - w->heard_ns : 0;

	w->r->result.pending_ns += ns;
	for (size_t i = 0; i < w->r->thread_count; i++)
		w->r->threads[i].thread.since_ns += ns;
	w->heard_ns += ns;
}

/* The words for an update that did not get through. */
static void left_describe(struct wait *w, enum opus_code code)
{
	struct report *r = w->r;
	const char *after;
	const char *end = code == OPUS_CANCELLED
				  ? "; the update was cancelled, nothing changed"
				  : "; the update stays pending";

	wait_age(w);
	after = output_time(r->result.pending_ns);
	if (interrupt_seen())
		(void)!error_set(&r->error, code, "interrupted after %s%s", after,
				 end);
	else
		(void)!error_set(&r->error, code, "%s still inside after %s%s",
				 output_count(r->result.unsafe, "thread"), after,
				 end);
}

/* Take over the result of an update that has ended. */
static void wait_end(struct wait *w)
{
	struct report *r = w->r;
	struct wire_result *result = &w->wait_result;

	if (result->functions == 0)
		result->functions = r->result.functions;
	if (!result->patch[0])
		memcpy(result->patch, r->result.patch, sizeof(result->patch));
	r->result = *result;
	r->has_result = true;
	r->was_pending = true;
	r->error = result->error;
	if (r->error.code == OPUS_OK)
		report_clear_threads(r);
}

static void wait_cancel(struct wait *w)
{
	struct report *r = w->r;
	enum opus_code code;

	code = client_ask(w->c, WIRE_CANCEL, &r->error);
	w->cancel_serial = w->c->serial;
	if (code == OPUS_OK)
		code = wait_loop(w, interrupt_clock() + w->c->silence_ns, &r->error);
	if (code == OPUS_OK && !w->wait_done && !w->cancel_done)
		code = error_set(&r->error, OPUS_INTERNAL,
			"the agent was asked to cancel the update and does not say "
			"what came of it; see `opus-send status --pid %d` for its "
			"state", w->c->t->pid);
	if (code != OPUS_OK)
		return;
	/* Was it quicker than we? */
	if (w->wait_done && w->wait_result.error.code != OPUS_CANCELLED) {
		wait_end(w);
		return;
	}
	if (w->wait_done || w->cancel_result.error.code == OPUS_OK ||
	    w->cancel_result.error.code == OPUS_CANCELLED)
		left_describe(w, OPUS_CANCELLED);
	else
		r->error = w->cancel_result.error;
}

void update_wait(struct client *c, const struct options *o, uint64_t until_ns,
		 bool cancel, struct report *r)
{
	struct wire_wait request = {.interval_ns = WAIT_INTERVAL_NS};
	struct wait w = {.c = c, .r = r};
	enum opus_code code;

	progress_init(&w.progress, o, c->t->pid);
	code = client_send(c, WIRE_WAIT, &request.head, sizeof(request), -1,
			   &r->error);
	w.wait_serial = c->serial;
	if (code == OPUS_OK)
		code = wait_loop(&w, until_ns, &r->error);
	if (code == OPUS_OK && w.wait_done)
		wait_end(&w);
	else if (code == OPUS_OK && cancel)
		wait_cancel(&w);
	else if (code == OPUS_OK)
		left_describe(&w, OPUS_PENDING);
	progress_deinit(&w.progress);
	report_deinit(&w.fresh);
}

/* Who holds it up? Only for the reader: failures do not matter. */
static void pending_ask(struct client *c, struct report *r)
{
	struct opus_error ignored;
	struct wire_result result;

	if (r->thread_count == 0 &&
	    client_ask(c, WIRE_WHY, &ignored) == OPUS_OK)
		(void)!client_result(c, c->serial, report_take, r, &result,
				     &ignored);
}

/* The end of the time that the user gave. */
static uint64_t time_limit(const struct options *o)
{
	uint64_t now = interrupt_clock();

	return o->timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + o->timeout_ns;
}

/* What was done to threads that the agent cannot stop. */
struct reach {
	const struct target *t;
	int tries;
	struct unmask masks;     /* put back at the end of the update */
	struct child vforks; /* let go when the agent has looked */
};

static void reach_deinit(struct reach *h)
{
	vfork_release(&h->vforks);
	unmask_end(h->t, &h->masks);
}

/* A thread has not answered: can we help? */
static bool reach_more(struct reach *h)
{
	bool opened, held;

	if (h->tries++ == REACH_TRIES)
		return false;
	opened = unmask_begin(h->t, UNMASK_SETXID, &h->masks);
	held = vfork_hold(h->t, &h->vforks);
	return opened || held;
}

static void left_finish(struct client *c, const struct options *o,
			struct report *r)
{
	if (o->dry_run) {
		(void)!error_set(&r->error, OPUS_BUSY,
			"%s inside now: the update would have to wait; nothing "
			"was changed", output_count(r->result.unsafe, "thread"));
	} else if (o->no_wait) {
		pending_ask(c, r);
	} else {
		update_wait(c, o, time_limit(o), true, r);
	}
}

void update_run(struct client *c, const struct options *o, enum wire_type type,
		struct wire_head *request, size_t size, int fd, struct report *r)
{
	uint64_t start = interrupt_clock(), until = time_limit(o);
	CLEANUP(reach_deinit) struct reach reach = {.t = c->t};
	enum opus_code code;

	for (;;) {
		code = client_send(c, type, request, size, fd, &r->error);
		if (code != OPUS_OK)
			return;
		code = client_result(c, c->serial, report_take, r, &r->result,
				     &r->error);
		r->has_result = r->result.head.type == WIRE_RESULT;
		vfork_release(&reach.vforks);
		if (code == OPUS_NO_ANSWER && !o->no_attach && reach_more(&reach))
			continue;
		if (code == OPUS_PENDING)
			left_finish(c, o, r);
		if (!o->retry)
			return;
		r->result.total_ns = interrupt_clock() - start;
		if (r->error.code != OPUS_BUSY || interrupt_seen() ||
		    interrupt_clock() + RETRY_GAP_NS > until)
			return;
		(void)interrupt_poll(NULL, 0, interrupt_clock() + RETRY_GAP_NS,
				     false);
	}
}
