/*
 * why.c - describe the unsafe threads, with backtraces if asked.
 *
 * Called by:  serve.c.
 * Runs on:    agent thread.
 * Locks:      none; memory is static.
 * Signal:     unsafe.
 */
#include "why.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "gate.h"
#include "proc.h"
#include "stop.h"
#include "table.h"
#include "unwind.h"
#include "update.h"

#define WHY_MAX 64

static struct wire_thread why_list[WHY_MAX];

static void thread_name(uint32_t tid, char ret[16])
{
	ssize_t n;

	memset(ret, 0, 16);
	n = proc_read_of(tid, "comm", ret, 16);
	if (n > 0 && ret[n - 1] == '\n')
		ret[n - 1] = '\0';
}

/* Time-stamp counter to nanoseconds ago, by the rate since the update was
 * armed. */
static uint64_t since_ns(uint64_t since, uint64_t now)
{
	uint64_t counter = raw_counter();
	double ticks = (double)(counter - update_now.armed_counter);
	double ns = (double)(now - update_now.armed_ns);

	if (since > counter || ticks <= 0)
		return 0;
	if (since == 0)
		return now - update_now.armed_ns; /* at most; not known */
	return (uint64_t)((double)(counter - since) * ns / ticks);
}

/* One line for a thread, its oldest entry: true if there is one already. */
static bool why_older(uint32_t n, uint32_t tid, uint64_t since)
{
	for (uint32_t k = 0; k < n; k++)
		if ((uint32_t)why_list[k].tid == tid) {
			if (since > why_list[k].since_ns)
				why_list[k].since_ns = since;
			return true;
		}
	return false;
}

static uint32_t why_collect(uint32_t *tids)
{
	uint64_t now = raw_now();
	uint32_t n = 0;

	for (uint32_t i = 0; i < GATE_HOOKS && n < WHY_MAX; i++) {
		const struct gate_hook *h = &gate_hooks[i];
		struct wire_thread *w = &why_list[n];
		uint32_t tid = atomic_load(&h->owner);

		if (tid == 0 || tid == GATE_LEAVING ||
		    atomic_load(&h->epoch) != update_now.epoch)
			continue;
		if (why_older(n, tid, since_ns(h->since, now)))
			continue;
		memset(w, 0, sizeof(*w));
		w->tid = (int32_t)tid;
		w->reason = h->reason;
		w->since_ns = since_ns(h->since, now);
		if (h->site < table_site_count) {
			const struct table_site *t = &table_sites[h->site];

			w->function = t->entry;
			snprintf(w->name, sizeof(w->name), "%s",
				 plan_string(t->plan, t->func->name));
		}
		thread_name(tid, w->comm);
		tids[n++] = tid;
	}
	tids[n] = 0;
	return n;
}

static bool frame_store(const struct unwind_frame *f, void *data)
{
	struct wire_thread *w = data;

	if (w->frames < WIRE_FRAMES)
		w->frame[w->frames++] = f->address;
	return w->frames < WIRE_FRAMES;
}

static void why_frames(uint32_t n)
{
	for (uint32_t i = 0; i < stop_now.count; i++) {
		struct stop_thread *t = &stop_now.threads[i];

		if (atomic_load(&t->state) != STOP_PARKED)
			continue;
		for (uint32_t k = 0; k < n; k++)
			if ((uint32_t)why_list[k].tid == t->tid)
				why_list[k].complete = unwind_walk(
					t->context, frame_store, &why_list[k]);
	}
}

void why_threads(bool backtraces,
		 void (*tell)(const struct wire_thread *, void *), void *data)
{
	uint32_t tids[WHY_MAX + 1];
	uint32_t n = why_collect(tids);
	struct opus_error err;

	if (backtraces && n > 0 && unwind_prepare(&err) == OPUS_OK &&
	    stop_threads(tids, 50000000, &err) == OPUS_OK) {
		if (unwind_begin())
			why_frames(n);
		stop_release();
	}
	for (uint32_t i = 0; i < n; i++)
		tell(&why_list[i], data);
}
