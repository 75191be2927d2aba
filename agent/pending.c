/*
 * pending.c - an update that waits for threads to leave old code.
 *
 * Called by:  control.c, from its loop and on request; fork handlers.
 * Runs on:    agent thread, but for update_forked().
 * Locks:      malloc's; the threads that are looked at again are stopped only
 *             for scan_thread().
 * Signal:     unsafe.
 *
 * Threads that return, or are unwound, take themselves off the list, and the
 * last one commits: for these nothing is done here. Left to do are the barrier
 * (a hot function is never empty by itself) and a second look, rarer and rarer,
 * at entries whose frame may be gone without a return (longjmp, thread exit)
 * or that had no place for a hook.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "coroutine.h"
#include "restart.h"
#include "stop.h"
#include "table.h"
#include "unwind.h"
#include "update.h"

#define BARRIER_FIRST_NS 20000000u
#define BARRIER_HOLD_NS 30000000u /* the first time; then twice as long */
#define BARRIER_GRACE_NS 20000000u /* until the held let themselves go */
#define BARRIER_MOST_NS 2000000000u
#define BARRIER_GAP_MAX_NS 1000000000u
#define LOOK_FIRST_NS 10000000u
#define LOOK_GAP_MAX_NS 1000000000u
#define NEAR (1u << 20)

/* --- end --- */

static void update_finish(struct update *u, bool committed, bool hooks)
{
	bool applied = committed != u->revert;

	u->report.pending_ns = raw_now() - u->armed_ns;
	update_settle(u, committed);
	table_lock();
	patch_set_state(u->patch,
			applied ? WIRE_PATCH_APPLIED
				: u->revert ? WIRE_PATCH_REVERTED
					    : WIRE_PATCH_LOADED);
	beacon_flag(0, BEACON_PENDING);
	u->active = false;
	if (!hooks)
		return;
	if (committed) {
		update_hooks_after(u, PLAN_WHERE_AGENT);
		if (u->patch->plan.hook_count &&
		    stop_threads(NULL, u->stop_limit_ns, NULL) == OPUS_OK) {
			stop_loosen();
			update_hooks_after(u, PLAN_WHERE_STOPPED);
			stop_release();
		}
	}
	update_tidy();
	free(u->items);
	u->items = NULL;
	scan_ranges_deinit(&u->ranges);
}

/* --- barrier --- */

static void barrier_set(bool on)
{
	uint64_t word = atomic_load(&gate_state), next;

	do {
		if (STATE_ENDED(word))
			return;
		next = on ? word | STATE_BARRIER : word & ~(uint64_t)STATE_BARRIER;
	} while (!atomic_compare_exchange_weak(&gate_state, &word, next));
	if (!on)
		futex_wake_all(&gate_state);
}

/* It was too short for those inside, whose calls may take so long. The user
 * says what is too long. */
static uint64_t barrier_longer(const struct update *u)
{
	uint64_t longer = 2 * u->barrier_hold_ns, most = u->stop_limit_ns;

	if (most > BARRIER_MOST_NS)
		most = BARRIER_MOST_NS;
	if (longer <= most)
		return longer;
	return most > BARRIER_HOLD_NS ? most : BARRIER_HOLD_NS;
}

static void barrier_poll(struct update *u, uint64_t now)
{
	if (u->flags & WIRE_NO_BARRIER) {
		u->barrier_at_ns = UINT64_MAX;
		return;
	}
	if (u->barrier_at_ns == 0) {
		u->barrier_at_ns = u->armed_ns + BARRIER_FIRST_NS;
		u->barrier_gap_ns = 2 * BARRIER_FIRST_NS;
		u->barrier_hold_ns = BARRIER_HOLD_NS;
	}
	if (u->barrier_end_ns == 0 && now >= u->barrier_at_ns) {
		atomic_store(&gate_hold_ns,
			     (uint32_t)u->barrier_hold_ns + BARRIER_GRACE_NS);
		barrier_set(true);
		u->barrier_end_ns = now + u->barrier_hold_ns;
		/* Entries of frames that were jumped out of must go while the
		 * others are held, or the count is never 0. */
		if (u->look_at_ns > now + u->barrier_hold_ns / 2)
			u->look_at_ns = now + u->barrier_hold_ns / 2;
	} else if (u->barrier_end_ns != 0 && now >= u->barrier_end_ns) {
		barrier_set(false);
		u->barrier_end_ns = 0;
		u->barrier_hold_ns = barrier_longer(u);
		u->barrier_at_ns = now + u->barrier_gap_ns;
		if (u->barrier_gap_ns < BARRIER_GAP_MAX_NS)
			u->barrier_gap_ns *= 2;
	}
}

/* --- second look --- */

/* Nothing can return through a hook whose stub is no longer in its slot. Any
 * address of the stub will do: the frame may be on its way out (gate_sig.c). */
static bool hook_gone(uint32_t index)
{
	uintptr_t slot = atomic_load(&gate_hooks[index].slot), word;
	ssize_t n = scan_memory(slot, &word, sizeof(word));

	if (n < 0)
		return false; /* unknown: it stays on the list */
	return n != sizeof(word) || gate_hook_find(word) != (int)index;
}

/* May the frame with its return address in `slot` be one of a coroutine that
 * sleeps? Its stack pointer lies below. */
static bool slot_sleeps(uintptr_t slot)
{
	bool sleeps = coroutine_lost();

	for (uint32_t i = 0; i < coroutine_count && !sleeps; i++) {
		const ucontext_t *c = coroutine_list[i].context;
		uintptr_t sp = (uintptr_t)c->uc_mcontext.gregs[REG_RSP];

		sleeps = slot - sp < NEAR;
	}
	return sleeps;
}

/* Or of one that another thread than `but` runs, to which it has moved? Threads
 * stopped, all of them. */
static bool slot_runs(uintptr_t slot, const struct update *u,
		      const struct stop_thread *but)
{
	for (uint32_t i = 0; i < stop_now.count; i++) {
		const struct stop_thread *t = &stop_now.threads[i];

		if (t != but && atomic_load(&t->state) == STOP_PARKED &&
		    slot - (uintptr_t)t->context->uc_mcontext.gregs[REG_RSP] < NEAR &&
		    scan_thread(t, &u->ranges).verdict != SCAN_SAFE)
			return true;
	}
	return false;
}

/* May it be the hook of a coroutine? Such a one outlives the thread that has called
 * it first. */
static bool may_outlive(uint32_t index)
{
	return atomic_load(&coroutine_used) &&
	       atomic_load(&gate_hooks[index].slot) != 0 && !hook_gone(index);
}

/* The stub is in place, but below the stack pointer of the stopped thread: left
 * by longjmp, unless the thread is on another stack just now. */
static bool hook_below(const struct update *u, uint32_t index,
		       const struct stop_thread *t)
{
	uintptr_t slot = atomic_load(&gate_hooks[index].slot);
	uintptr_t sp = (uintptr_t)t->context->uc_mcontext.gregs[REG_RSP];

	return slot < sp && sp - slot < NEAR && !scan_signal_stack(t) &&
	       !slot_sleeps(slot) &&
	       !(atomic_load(&coroutine_used) && slot_runs(slot, u, t)) &&
	       (!unwind_begin() || unwind_map_end(slot) == unwind_map_end(sp));
}

/* Entries that are not counted any more and were kept: free them when their
 * thread has ended or their slot has been overwritten. */
void update_reclaim(void)
{
	/* All of them are 80 pages, which most processes never touch. */
	for (uint32_t i = 0; i < GATE_HOOKS && gate_hooks_taken() != 0; i++) {
		uint32_t tid = atomic_load(&gate_hooks[i].owner);

		if (tid == 0 || tid == GATE_LEAVING || tid == GATE_LOST ||
		    atomic_load(&gate_hooks[i].epoch) != 0)
			continue;
		if (raw_syscall3(SYS_tgkill, getpid(), tid, 0) == -ESRCH) {
			if (!may_outlive(i))
				gate_hook_release(i, tid);
		} else if (atomic_load(&gate_hooks[i].slot) != 0 && hook_gone(i))
			gate_hook_lose(i, tid);
	}
}

/* An entry without a hook, of a thread that was just scanned with result `r`. */
static void look_unhooked(uint32_t index, uint32_t tid, const struct scan_result *r)
{
	/* An entry of a gate that its thread has left without filling it, unless
	 * nobody can tell that it has left. */
	if (r->verdict == SCAN_SAFE ||
	    (gate_hooks[index].reason == OPUS_WHY_ENTERED &&
	     r->verdict != SCAN_UNREADABLE)) {
		gate_hook_release(index, tid);
		return;
	}
	/* If it can be read now, give it the hook that it lacked. */
	if (r->verdict != SCAN_INSIDE || gate_hook_find(*r->slot) >= 0)
		return;
	gate_hooks[index].site = r->site;
	gate_hooks[index].reason = OPUS_WHY_INSIDE;
	gate_hook_stub(index, r->slot);
}

/* Held by the barrier, in its only gate, and nothing on top of that: its entries
 * are in order. */
static bool held_quietly(const struct stop_thread *t, uint32_t gates)
{
	uintptr_t ip = (uintptr_t)t->context->uc_mcontext.gregs[REG_RIP];

	return gates == 1 && atomic_load(&t->gate->held) != 0 &&
	       restart_number_sig(t->context) == SYS_futex &&
	       object_by_address(ip) == object_by_address((uintptr_t)held_quietly);
}

/* False if the thread stands in the middle of a gate: there entries are half
 * made or half unmade, and it is left for the next look. */
static bool look_thread(struct update *u, struct stop_thread *t)
{
	struct scan_result r;

	scan_begin();
	coroutine_collect(); /* for hook_below() */
	r = scan_thread(t, &u->ranges);
	if (r.verdict == SCAN_GATE && !held_quietly(t, r.gates))
		return false;
	for (uint32_t i = 0; i < GATE_HOOKS; i++) {
		if (atomic_load(&gate_hooks[i].owner) != t->tid ||
		    atomic_load(&gate_hooks[i].epoch) != u->epoch)
			continue;
		if (atomic_load(&gate_hooks[i].slot) == 0 &&
		    gate_hooks[i].reason == OPUS_WHY_COROUTINE)
			continue; /* not this thread's stack: look_coroutines */
		if (atomic_load(&gate_hooks[i].slot) == 0)
			look_unhooked(i, t->tid, &r);
		else if (hook_gone(i))
			gate_hook_lose(i, t->tid);
		else if (hook_below(u, i, t))
			gate_hook_retire(i);
	}
	return true;
}

/* Entries of dead threads go, but for coroutines'; the ids of the others come into
 * tids[]. */
static uint32_t look_collect(struct update *u, uint32_t *tids, uint32_t room)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < GATE_HOOKS; i++) {
		uint32_t tid = atomic_load(&gate_hooks[i].owner);
		bool known = false;

		if (tid == 0 || tid == GATE_LEAVING ||
		    atomic_load(&gate_hooks[i].epoch) != u->epoch)
			continue;
		if (raw_syscall3(SYS_tgkill, getpid(), tid, 0) == -ESRCH) {
			if (!may_outlive(i))
				gate_hook_release(i, tid);
			continue;
		}
		for (uint32_t k = 0; k < n && !known; k++)
			known = tids[k] == tid;
		if (!known && n + 1 < room)
			tids[n++] = tid;
	}
	tids[n] = 0;
	return n;
}

static uint32_t entries_counted(const struct update *u)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < GATE_HOOKS; i++)
		n += atomic_load(&gate_hooks[i].owner) != 0 &&
		     atomic_load(&gate_hooks[i].epoch) == u->epoch;
	return n;
}

/* All threads stopped, none in the middle of a gate: entries that are just
 * being released are not, and the count is the number of entries. */
static void count_correct(struct update *u)
{
	uint64_t word = atomic_load(&gate_state);
	uint32_t entries;

	for (uint32_t i = 0; i < GATE_HOOKS; i++)
		if (atomic_load(&gate_hooks[i].owner) == GATE_LEAVING)
			gate_hook_abandon(i);
	entries = entries_counted(u);
	if (STATE_ENDED(word) || (word & STATE_COUNT) <= entries)
		return;
	word = (word & ~(uint64_t)STATE_COUNT) | entries;
	if (entries == 0)
		word = (word | STATE_COMMITTED) & ~(uint64_t)STATE_BARRIER;
	atomic_store(&gate_state, word);
	log_line("took off counts that no thread stood for");
}

/*
 * While the barrier holds who is not inside, look at everybody. A thread that
 * died in a gate, or was thrown out of one by a signal handler's longjmp, leaves
 * entries half made and counts that nobody takes off.
 */
static bool look_all(struct update *u)
{
	bool quiet = true;

	if (stop_threads(NULL, 20000000, NULL) != OPUS_OK)
		return true;
	for (uint32_t i = 0; i < stop_now.count; i++) {
		struct stop_thread *t = &stop_now.threads[i];

		if (atomic_load(&t->state) == STOP_VFORK)
			quiet = false; /* its child may be in a gate */
		if (atomic_load(&t->state) != STOP_PARKED)
			continue;
		quiet &= look_thread(u, t);
	}
	if (quiet)
		count_correct(u);
	stop_release();
	if (STATE_ENDED(atomic_load(&gate_state)))
		futex_wake_all(&gate_state);
	return quiet;
}

/* The thread of this entry, which the update counts, has ended. */
static bool is_orphan(const struct update *u, uint32_t index)
{
	uint32_t tid = atomic_load(&gate_hooks[index].owner);

	return tid != 0 && tid != GATE_LEAVING &&
	       atomic_load(&gate_hooks[index].epoch) == u->epoch &&
	       raw_syscall3(SYS_tgkill, getpid(), tid, 0) == -ESRCH;
}

/* The entry stands for a coroutine whose stack could not be read. */
static bool is_unread(const struct update *u, uint32_t index)
{
	return atomic_load(&gate_hooks[index].epoch) == u->epoch &&
	       atomic_load(&gate_hooks[index].slot) == 0 &&
	       gate_hooks[index].reason == OPUS_WHY_COROUTINE;
}

/* Entries of coroutines whose stack could not be read stay until no sleeping
 * coroutine is in doubt any more; those of dead threads as long as there is one whose
 * frame it may be. */
static void look_coroutines(struct update *u)
{
	bool doubt = false, some = false;

	if (!atomic_load(&coroutine_used))
		return;
	for (uint32_t i = 0; i < GATE_HOOKS && !some; i++)
		some = is_unread(u, i) || is_orphan(u, i);
	if (!some || stop_threads(NULL, 20000000, NULL) != OPUS_OK)
		return;
	scan_begin();
	coroutine_collect();
	for (uint32_t i = 0; i < coroutine_count; i++)
		doubt |= scan_thread(&coroutine_list[i], &u->ranges).verdict !=
			 SCAN_SAFE;
	for (uint32_t i = 0; i < GATE_HOOKS && !doubt; i++)
		if (is_unread(u, i))
			gate_hook_release(i, (uint32_t)getpid());
	for (uint32_t i = 0; i < GATE_HOOKS; i++) {
		uintptr_t slot = atomic_load(&gate_hooks[i].slot);

		if (is_orphan(u, i) && !slot_sleeps(slot) && !slot_runs(slot, u, NULL))
			gate_hook_release(i, atomic_load(&gate_hooks[i].owner));
	}
	stop_release();
}

static bool is_listed(const uint32_t *tids, uint32_t tid)
{
	while (*tids && *tids != tid)
		tids++;
	return *tids != 0;
}

static void look_poll(struct update *u, uint64_t now)
{
	uint32_t tids[256], n;
	const uint32_t *only = atomic_load(&coroutine_used) ? NULL : tids;

	if (u->look_at_ns == 0) {
		u->look_at_ns = u->armed_ns + LOOK_FIRST_NS;
		u->look_gap_ns = LOOK_FIRST_NS;
	}
	if (now < u->look_at_ns)
		return;
	n = look_collect(u, tids, 256);
	if (u->barrier_end_ns != 0) {
		/* One that was in a gate just then is not a moment later. */
		for (int tries = 0; tries < 10 && !look_all(u); tries++)
			nanosleep(&(struct timespec){0, 500000}, NULL);
	} else if (n > 0 && stop_threads(only, 20000000, NULL) == OPUS_OK) {
		for (uint32_t i = 0; i < stop_now.count; i++)
			if (atomic_load(&stop_now.threads[i].state) == STOP_PARKED &&
			    is_listed(tids, stop_now.threads[i].tid))
				(void)look_thread(u, &stop_now.threads[i]);
		stop_release();
	}
	look_coroutines(u);
	u->look_at_ns = raw_now() + u->look_gap_ns;
	if (u->look_gap_ns < LOOK_GAP_MAX_NS)
		u->look_gap_ns *= 2;
}

/* --- the loop's part --- */

enum opus_code update_poll(uint64_t *timeout_ns, struct opus_error *err)
{
	struct update *u = &update_now;
	uint64_t word, now, next;

	if (!u->active)
		return OPUS_ALREADY;
	word = atomic_load(&gate_state);
	if (!STATE_ENDED(word)) {
		now = raw_now();
		look_poll(u, now);
		barrier_poll(u, now);
		word = atomic_load(&gate_state);
	}
	if (word & STATE_COMMITTED) {
		update_finish(u, true, true);
		error_clear(err);
		return OPUS_OK;
	}
	if (word & STATE_CANCELLED) {
		uint32_t foreign = atomic_load(&gate_foreign);

		update_finish(u, false, true);
		if (!agent_usable())
			return error_set(err, OPUS_CANCELLED,
				"%s: the update was cancelled", opus_beacon.off_reason);
		if (foreign)
			return error_set(err, OPUS_CANCELLED,
				"thread %u, which has no thread-local storage of its own and cannot be waited for, came inside: the update was cancelled",
				foreign);
		/* By a gate that had no list entry left. */
		return error_set(err, OPUS_CANCELLED,
			"more than %d threads are inside: the update was cancelled",
			GATE_HOOKS);
	}
	now = raw_now();
	next = u->barrier_end_ns ? u->barrier_end_ns : u->barrier_at_ns;
	if (u->look_at_ns < next)
		next = u->look_at_ns;
	*timeout_ns = next > now ? next - now : 0;
	return OPUS_PENDING;
}

enum opus_code update_cancel(struct opus_error *err)
{
	struct update *u = &update_now;
	uint64_t word;

	if (!u->active)
		return error_set(err, OPUS_ALREADY, "no update is pending");
	word = gate_cancel();
	update_finish(u, (word & STATE_COMMITTED) != 0, true);
	if (word & STATE_COMMITTED) {
		error_clear(err);
		return OPUS_OK;
	}
	return error_set(err, OPUS_CANCELLED, "the %s of %s was cancelled; nothing changed",
			 u->revert ? "revert" : "apply", u->patch->name);
}

void update_forked(void)
{
	struct update *u = &update_now;
	uint64_t word;

	gate_forked();
	if (!u->active)
		return;
	/* No stop, no hooks, no heap: this is the child of a threaded process,
	 * before its own code runs. A jump that only leads back may stay. */
	word = atomic_load(&gate_state);
	if (STATE_ENDED(word)) {
		table_unlock(); /* the parent may have been at its end */
		update_finish(u, (word & STATE_COMMITTED) != 0, false);
	}
}
