/*
 * unmask.c - change the signal masks of threads by ptrace(2).
 *
 * Called by:  update.c, contact.c.
 * Runs on:    command; the stops in a child of it.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A thread that has blocked every signal by a system call of its own cannot be
 * asked to stop. ptrace reaches it; but frozen by that it would be of no use to
 * the agent, which needs its registers, and would hang if we died. So its mask
 * is opened for the one signal, and the agent asks again.
 */
#include "unmask.h"

#include <elf.h>

#include "child.h"
#include "common/cleanup.h"
#include "confine.h"
#include "interrupt.h"
#include "place.h"
#include "proc.h"
#include "remote.h"

#define BACK_TRIES 50
#define BACK_GAP_NS 2000000ull
#define LOOK_TRIES 20
#define LOOK_GAP_NS 5000000ull
#define HANDLER_NS 200000ull /* no handler of the agent's runs for so long */

struct unmask_work {
	const struct target *t;
	struct unmask *u;
	bool back;
};

static bool is_waiting(const struct remote *r)
{
	return (long)r->saved.orig_rax >= 0 &&
	       place_waits((long)r->saved.orig_rax, r->saved.rsi);
}

/* May the signal come to it? While it is stopped it executes no other program, where
 * nobody would be. And the agent itself blocks the signal before a filter that would
 * kill for the return of its handler; one that was sent before may wait behind that. */
static bool may_come(const struct target *t, struct remote *r, uint64_t signal)
{
	struct opus_error ignored;
	struct proc_status now;

	return proc_status_read(r->pid, r->tid, &now) && (now.caught & signal) &&
	       (!target_is_confined(t, &now) ||
		confine_check_stopped(r, &ignored) == OPUS_OK);
}

struct look {
	pid_t tid;
	uint64_t run_time;
	bool sleeps;
};

/* 'D', as in posix_spawn(3): ptrace does not reach it either. */
static bool look(const struct target *t, pid_t tid, uint64_t signal, struct look *ret)
{
	struct proc_status s;

	if (!proc_status_read(t->pid, tid, &s) || s.state == 'D' ||
	    !(s.blocked & signal))
		return false;
	*ret = (struct look){tid, proc_run_time(t->pid, tid), s.state == 'S'};
	return true;
}

/* Blocked at both looks, is it outside of the agent's handler? */
static bool is_outside(const struct look *before, const struct look *now)
{
	return now->run_time - before->run_time >= HANDLER_NS ||
	       (now->sleeps && before->sleeps && now->run_time == before->run_time);
}

/*
 * Threads that block the signal outside of the agent's handler, where all do so: for
 * longer than that runs, or asleep. A stop by ptrace ends a write(2) that has moved a
 * part, with that part, and of such stops the agent does not know.
 * Returns how many of `looks` are used.
 */
static size_t looks_take(const struct target *t, const pid_t *tids, size_t count,
			 uint64_t signal, struct look *looks)
{
	size_t left = 0, found = 0;
	struct look now;

	for (size_t i = 0; i < count; i++)
		left += look(t, tids[i], signal, &looks[left]);
	for (int n = 0; n < LOOK_TRIES && left > found; n++) {
		(void)interrupt_poll(NULL, 0, interrupt_clock() + LOOK_GAP_NS, true);
		for (size_t i = found; i < left; i++) {
			struct look before = looks[i];

			if (!look(t, before.tid, signal, &now)) {
				looks[i--] = looks[--left];
			} else if (is_outside(&before, &now)) {
				looks[i] = looks[found];
				looks[found++] = before;
			} else if (now.sleeps) { /* it has just gone to sleep */
				looks[i] = now;
			}
		}
	}
	return found;
}

static void open_one(const struct target *t, pid_t tid, struct unmask *u)
{
	static struct remote r;
	struct opus_error ignored;

	if (remote_attach(&r, t->pid, tid, NULL, &ignored) != OPUS_OK)
		return;
	if ((r.mask & u->open) && (!u->waits || is_waiting(&r)) &&
	    may_come(t, &r, u->open) && remote_mask(&r, r.mask & ~u->open)) {
		u->threads[u->count].tid = tid;
		u->threads[u->count++].mask = r.mask;
	}
	remote_detach(&r);
}

static void close_one(const struct target *t, const struct unmask_thread *thread,
		      uint64_t open)
{
	static struct remote r;
	uint64_t left = thread->mask & ~open;
	struct proc_status now = {0};
	struct opus_error ignored;

	/* It may still be on its way out of the agent's handler. */
	for (int n = 0; n < BACK_TRIES && now.blocked != left; n++) {
		if (n != 0)
			(void)interrupt_poll(NULL, 0,
					     interrupt_clock() + BACK_GAP_NS, true);
		if (!proc_status_read(t->pid, thread->tid, &now))
			return;
	}
	if (now.blocked != left ||
	    remote_attach(&r, t->pid, thread->tid, NULL, &ignored) != OPUS_OK)
		return;
	if (r.mask == left)
		(void)!remote_mask(&r, thread->mask);
	remote_detach(&r);
}

static void open_all(const struct target *t, struct unmask *u)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids);
	CLEANUP(cleanup_free) struct look *looks =
		count > 0 ? calloc((size_t)count, sizeof(*looks)) : NULL;
	size_t found = looks ? looks_take(t, tids, (size_t)count, u->open, looks) : 0;

	for (size_t i = 0; i < found && u->count < UNMASK_THREADS; i++)
		open_one(t, looks[i].tid, u);
}

static enum opus_code work(void *data, struct opus_error *err)
{
	struct unmask_work *w = data;

	(void)err;
	if (!w->back)
		open_all(w->t, w->u);
	for (uint32_t i = 0; w->back && i < w->u->count; i++)
		close_one(w->t, &w->u->threads[i], w->u->open);
	return OPUS_OK;
}

/* Its program has no loader: it runs another one, which is what has a libc, by
 * translating it, and keeps the masks of its own for itself. valgrind blocks all
 * signals but while a system call waits, and ends if one comes at another time. */
static bool is_translated(const struct target *t)
{
	uint64_t loader;

	return !proc_auxv(t->view, AT_BASE, &loader) || loader == 0;
}

bool unmask_begin(const struct target *t, unsigned int signal, struct unmask *u)
{
	struct unmask_work w = {t, u, false};
	uint32_t before = u->count;
	struct opus_error ignored;

	if (is_translated(t))
		return false;
	u->open = 1ull << (signal - 1);
	return child_run(work, &w, u, sizeof(*u), &ignored) == OPUS_OK &&
	       u->count > before;
}

void unmask_end(const struct target *t, const struct unmask *u)
{
	struct unmask copy = *u;
	struct unmask_work w = {t, &copy, true};
	struct opus_error ignored;

	if (u->count)
		(void)!child_run(work, &w, NULL, 0, &ignored);
}
