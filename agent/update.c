/*
 * update.c - the steps of an update up to its one stop.
 *
 * Called by:  control.c.
 * Runs on:    agent thread.
 * Locks:      malloc's and the loader's, all before the stop.
 * Signal:     unsafe: heap, loader.
 *
 * prepare ── check, pre hooks ── stop ── scan ── switch or arm ── release.
 * Whatever can fail, allocate or wait for a lock is done before the stop.
 */
#include "update.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent.h"
#include "altstack.h"
#include "arch/x86_64/futex.h"
#include "coroutine.h"
#include "got.h"
#include "hook_call.h"
#include "late.h"
#include "safe.h"
#include "table.h"
#include "text.h"
#include "unwind.h"
#include "vfork.h"

struct update update_now;

#define STOP_LIMIT_NS 100000000u /* when opus-send names none */
#define THREAD_NS 80000u /* each, where all want the same processor */
#define TRIES 64
/* Stops of full length that are tried again: on a machine with far more to do
 * than processors a thread may not run for so long. */
#define LATE 6

static void update_deinit(struct update *u)
{
	free(u->items);
	u->items = NULL;
	u->count = 0;
	scan_ranges_deinit(&u->ranges);
	u->active = false;
}

/* --- what changes --- */

static enum opus_code ranges_of_code(struct update *u, struct patch *p,
				     uint32_t site, struct opus_error *err)
{
	for (uint32_t i = 0; i < u->ranges.count; i++)
		if (u->ranges.list[i].start == p->code_start)
			return OPUS_OK;
	return scan_ranges_add(&u->ranges, p->code_start, p->code_end, site,
			       false, err);
}

static enum opus_code ranges_of_original(struct update *u, struct patch *p,
					 const struct plan_func *f, uint32_t site,
					 struct opus_error *err)
{
	uintptr_t base = p->targets[f->target];
	enum opus_code code = OPUS_OK;

	for (uint32_t i = 0; i < f->ranges && code == OPUS_OK; i++) {
		const struct plan_range *r = &p->plan.range_records[f->range + i];

		code = scan_ranges_add(&u->ranges, base + r->start, base + r->end,
				       site, r->start == f->entry, err);
	}
	return code;
}

static enum opus_code item_apply(struct update *u, uint32_t i,
				 struct opus_error *err)
{
	struct patch_item *item = &u->patch->items[i];
	struct patch_item *top = patch_top(item->site);
	struct update_item *x = &u->items[u->count++];

	x->site = item->site;
	x->item = item;
	x->from = top ? top->code : table_sites[item->site].trampoline;
	x->to = item->code;
	x->wrote = false;
	if (top)
		return ranges_of_code(u, top->patch, item->site, err);
	return ranges_of_original(u, u->patch, &u->patch->plan.func_records[i],
				  item->site, err);
}

static enum opus_code item_revert(struct update *u, uint32_t i,
				  struct opus_error *err)
{
	struct patch_item *item = &u->patch->items[i];
	struct update_item *x = &u->items[u->count++];

	x->site = item->site;
	x->item = item;
	x->from = item->code;
	x->to = item->below ? item->below->code
			    : table_sites[item->site].trampoline;
	x->wrote = false;
	return ranges_of_code(u, u->patch, item->site, err);
}

/* How many functions of the patch has a newer patch replaced? */
static uint32_t shadowed(const struct patch *p, const struct patch **by)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->plan.func_count; i++)
		if (p->items[i].above) {
			*by = p->items[i].above->patch;
			n++;
		}
	return n;
}

static int item_compare(const void *a, const void *b)
{
	uintptr_t x = table_sites[((const struct update_item *)a)->site].entry;
	uintptr_t y = table_sites[((const struct update_item *)b)->site].entry;

	return x < y ? -1 : x > y;
}

static enum opus_code update_collect(struct update *u, struct opus_error *err)
{
	uint32_t count = u->patch->plan.func_count;
	enum opus_code code = OPUS_OK;

	u->items = calloc(count, sizeof(*u->items));
	if (!u->items)
		return error_set(err, OPUS_RESOURCE, "no memory for %u functions",
				 count);
	for (uint32_t i = 0; i < count && code == OPUS_OK; i++)
		code = u->revert ? item_revert(u, i, err) : item_apply(u, i, err);
	scan_ranges_sort(&u->ranges);
	qsort(u->items, u->count, sizeof(*u->items), item_compare);
	return code;
}

/* --- before the stop --- */

static enum opus_code update_prepare(struct update *u, struct opus_error *err)
{
	uintptr_t page = 0;
	uint32_t silent;
	enum opus_code code = update_collect(u, err);

	if (agent_late) {
		got_take(); /* objects have come since, the patch among them */
		silent = altstack_ask();
		if (code == OPUS_OK && silent)
			code = error_set(err, OPUS_NO_ANSWER,
				"thread %u does not come to its handler: it gets no processor, or is stuck in the kernel",
				silent);
		late_look();
	}
	if (code == OPUS_OK)
		code = object_snapshot(err);
	if (code != OPUS_OK)
		return code;
	code = scan_prepare(err);
	if (code == OPUS_OK)
		code = text_prepare(err);
	if (code != OPUS_OK)
		return code;
	update_reclaim();
	for (uint32_t i = 0; i < u->count; i++) {
		uintptr_t at = table_sites[u->items[i].site].entry;

		code = table_unlock_site(u->items[i].site, err);
		if (code != OPUS_OK)
			return code;
		if ((at ^ page) >> 12) /* one write a page; they are sorted */
			text_warm(at);
		page = at;
	}
	return OPUS_OK;
}

static enum opus_code update_hooks(struct update *u, enum plan_hook_kind kind,
				   enum plan_where where, struct opus_error *err)
{
	return hook_call_all(u->patch, kind, where, u->args, u->args_size, err);
}

/* Those that may still refuse. */
static enum opus_code hooks_before(struct update *u, enum plan_where where,
				   struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	if (!u->revert)
		code = update_hooks(u, PLAN_HOOK_CHECK, where, err);
	if (code == OPUS_OK && !(u->flags & WIRE_DRY_RUN))
		code = update_hooks(u, u->revert ? PLAN_HOOK_PRE_REVERT
						 : PLAN_HOOK_PRE_APPLY,
				    where, err);
	return code;
}

void update_hooks_after(struct update *u, enum plan_where where)
{
	struct opus_error err;

	error_clear(&err);
	if (update_hooks(u, u->revert ? PLAN_HOOK_POST_REVERT : PLAN_HOOK_POST_APPLY,
			 where, &err) != OPUS_OK)
		log_line("%s", err.text);
}

/* --- during the stop --- */

struct stop_thread *update_subject(uint32_t i)
{
	if (i < stop_now.count)
		return &stop_now.threads[i];
	i -= stop_now.count;
	return i < coroutine_count ? &coroutine_list[i] : NULL;
}

/* Entries that a thread took and then left the gate without, thrown out by a
 * signal handler's longjmp: taken and never filled. Threads stopped, scanned. */
static void entries_sweep(void)
{
	for (uint32_t i = 0; i < GATE_HOOKS && gate_hooks_taken() != 0; i++) {
		struct gate_hook *h = &gate_hooks[i];
		uint32_t tid = atomic_load(&h->owner);

		if (tid == 0 || atomic_load(&h->epoch) != 0 ||
		    atomic_load(&h->slot) != 0)
			continue;
		for (uint32_t k = 0; k < stop_now.count; k++) {
			const struct stop_thread *t = &stop_now.threads[k];

			if (t->tid == tid && t->verdict != SCAN_GATE &&
			    t->verdict != SCAN_UNREADABLE && /* it may be in one */
			    atomic_load(&t->state) == STOP_PARKED &&
			    atomic_load(&t->gate->unwound) != i + 1)
				gate_hook_release(i, tid);
		}
	}
}

static bool in_vfork(const struct stop_thread *t)
{
	return atomic_load(&t->state) == STOP_VFORK;
}

uint32_t update_scan(const struct scan_ranges *ranges, bool *again)
{
	struct stop_thread *t;
	uint32_t unsafe = 0;

	scan_begin();
	coroutine_collect();
	*again = false;
	for (uint32_t i = 0; (t = update_subject(i)); i++) {
		struct scan_result r = {.verdict = SCAN_SAFE};

		if (atomic_load(&t->state) == STOP_PARKED)
			r = scan_thread(t, ranges);
		else if (in_vfork(t))
			r = scan_held(t, vfork_child(t), ranges);
		t->verdict = r.verdict;
		t->site = r.site;
		t->slot = r.slot;
		unsafe += r.verdict != SCAN_SAFE;
		*again |= r.verdict == SCAN_GATE || r.verdict == SCAN_PROLOGUE;
	}
	entries_sweep();
	return unsafe;
}

/* A thread that waits for its vforked child: whose registers are not known, and
 * in the child no return can be hooked. */
static uint32_t vfork_inside(void)
{
	for (uint32_t i = 0; i < stop_now.count; i++) {
		const struct stop_thread *t = &stop_now.threads[i];

		if (in_vfork(t) && t->verdict != SCAN_SAFE)
			return t->tid;
	}
	return 0;
}

/* Threads are stopped and scanned: change, or say why not. */
static enum opus_code update_decide(struct update *u, uint32_t unsafe,
				    struct opus_error *err)
{
	enum opus_code code;

	stop_loosen();
	code = hooks_before(u, PLAN_WHERE_STOPPED, err);
	if (code != OPUS_OK)
		return code;
	if (!stop_hold())
		return error_set(err, OPUS_BUSY,
			"a hook of the patch held all threads for so long that they went on; nothing changed");
	if (coroutine_lost())
		return error_set(err, OPUS_BUSY,
			"more than %d coroutines sleep: some may be inside, nothing changed",
			COROUTINE_MAX);
	if (vfork_inside())
		return error_set(err, OPUS_BUSY,
			"thread %u waits for a vforked child, and one of them is inside; nothing changed",
			vfork_inside());
	if (u->flags & WIRE_DRY_RUN)
		return unsafe ? OPUS_PENDING : OPUS_OK;
	if (unsafe && (u->flags & WIRE_AT_ONCE))
		return OPUS_BUSY;
	if (unsafe && stop_now.sharing)
		return error_set(err, OPUS_BUSY,
			"%u thread%s inside, and cannot be waited for: thread %u uses another's thread-local storage; nothing changed",
			unsafe, unsafe == 1 ? " is" : "s are", stop_now.sharing);
	code = unsafe ? update_arm(u, err) : update_switch(u, err);
	stop_loosen();
	if (code == OPUS_OK)
		update_hooks_after(u, PLAN_WHERE_STOPPED);
	return code;
}

static void pause_short(uint64_t ns)
{
	struct timespec t = {0, (long)ns};

	nanosleep(&t, NULL);
}

/* Some stack has to be unwound, and nothing can be loaded while threads are
 * stopped: they stop once more afterwards. */
static enum opus_code unwinder_load(struct opus_error *err)
{
	enum opus_code code = patch_loader_free(err);
	struct opus_error note;

	if (code == OPUS_OK && unwind_load(&note) != OPUS_OK)
		log_line("%s", note.text); /* scanning has to do */
	return code;
}

static enum opus_code update_stop(struct update *u, struct opus_error *err)
{
	uint64_t limit = 10000000, most = u->stop_limit_ns;
	enum opus_code code = OPUS_BUSY;
	bool unwinder = false;
	uint32_t deferred = 0;
	int late = 0;

	/* Short stops first: if one thread does not answer, the others should
	 * not stand for long before that is known. */
	for (int n = 0; n < TRIES; n++) {
		uint64_t stopped, scanned;
		bool again, load;
		uint32_t unsafe;

		code = stop_threads(NULL, limit < most ? limit : most, err);
		if (code == OPUS_NO_ANSWER && !stop_now.bare &&
		    ((limit < most && !stop_now.vfork) || late++ < LATE)) {
			if (!stop_now.vfork)
				limit = 3 * limit + THREAD_NS * stop_now.count;
			/* Longer and longer: nobody stands meanwhile, and one
			 * that gets no processor comes to its turn. */
			pause_short(5000000ul << late);
			continue;
		}
		if (code != OPUS_OK)
			return code;
		stopped = raw_now();
		unsafe = update_scan(&u->ranges, &again);
		scanned = raw_now();
		deferred = atomic_load(&safe_deferred);
		load = scan_wants_unwind() && !unwinder;
		again |= deferred != 0 || load;
		code = again ? OPUS_BUSY : update_decide(u, unsafe, err);
		u->report.stop_ns = stopped - stop_now.started_ns;
		u->report.scan_ns = scanned - stopped;
		u->report.switch_ns = raw_now() - scanned;
		u->report.threads = stop_now.count;
		u->report.unsafe = unsafe;
		text_sync();
		u->report.pause_ns = stop_release();
		if (!again)
			break;
		if (load) {
			unwinder = true;
			code = unwinder_load(err);
			if (code != OPUS_OK)
				return code;
			continue;
		}
		error_set(err, OPUS_BUSY, deferred
			  ? "the program asked not to be patched, for about a second (opus_lp_defer_begin); nothing changed"
			  : "a thread was interrupted at the entry of a function each time; nothing changed");
		pause_short(n < 16 ? 200000 : 20000000);
	}
	if (code == OPUS_BUSY && (u->flags & WIRE_AT_ONCE) && !deferred &&
	    !vfork_inside())
		error_set(err, OPUS_BUSY, "%u thread%s inside; nothing changed",
			  u->report.unsafe,
			  u->report.unsafe == 1 ? " is" : "s are");
	return code;
}

/* --- a revert of what does nothing any more --- */

static bool has_stopped_hook(const struct patch *p)
{
	for (uint32_t i = 0; i < p->plan.hook_count; i++)
		if (p->plan.hook_records[i].where == PLAN_WHERE_STOPPED &&
		    (p->plan.hook_records[i].kind == PLAN_HOOK_PRE_REVERT ||
		     p->plan.hook_records[i].kind == PLAN_HOOK_POST_REVERT))
			return true;
	return false;
}

static void shadowed_unlink(struct patch *p)
{
	for (uint32_t i = 0; i < p->plan.func_count; i++) {
		struct patch_item *item = &p->items[i];

		item->above->below = item->below;
		if (item->below)
			item->below->above = item->above;
		item->above = item->below = NULL;
	}
}

/* A patch whose every function is replaced by newer ones is taken out from between.
 * No thread need be asked for that, but the patch's own hooks may have something
 * against it. */
static enum opus_code revert_shadowed(struct update *u, struct opus_error *err)
{
	bool stop = has_stopped_hook(u->patch), dry = u->flags & WIRE_DRY_RUN;
	enum opus_code code = hooks_before(u, PLAN_WHERE_AGENT, err);

	if (code == OPUS_OK && stop)
		code = stop_threads(NULL, u->stop_limit_ns, err);
	if (code != OPUS_OK)
		return code;
	stop_loosen();
	if (stop)
		code = hooks_before(u, PLAN_WHERE_STOPPED, err);
	if (code == OPUS_OK && !dry)
		shadowed_unlink(u->patch);
	if (stop && code == OPUS_OK && !dry)
		update_hooks_after(u, PLAN_WHERE_STOPPED);
	if (stop) {
		u->report.threads = stop_now.count;
		u->report.pause_ns = stop_release();
	}
	return code;
}

/* --- the whole --- */

static enum opus_code update_refuse(struct patch *p, bool revert,
				    struct opus_error *err)
{
	const struct patch *by = NULL;
	const struct patch *other = patch_by_name(p->name);
	uint32_t n;

	if (update_now.active)
		return error_set(err, OPUS_OTHER_UPDATE,
			"%s of %s is pending: wait for it or cancel it first",
			update_now.revert ? "the revert" : "the apply",
			update_now.patch->name);
	if (!revert) {
		if (p->state == WIRE_PATCH_APPLIED)
			return error_set(err, OPUS_ALREADY, "%s is applied already",
					 p->name);
		if (other && other != p && other->state == WIRE_PATCH_APPLIED)
			return error_set(err, OPUS_ORDER,
				"another patch named %s is applied: revert it first",
				p->name);
		return OPUS_OK;
	}
	if (p->state != WIRE_PATCH_APPLIED)
		return error_set(err, OPUS_ALREADY, "%s is not applied", p->name);
	n = shadowed(p, &by);
	if (n != 0 && n != p->plan.func_count)
		return error_set(err, OPUS_ORDER,
			"%s replaces %u of the %u functions of %s again: revert %s first",
			by->name, n, p->plan.func_count, p->name, by->name);
	return OPUS_OK;
}

/* It has taken place, or nothing has changed. */
static enum opus_code update_end(struct update *u, enum wire_patch_state before,
				 enum opus_code code, struct opus_error *err)
{
	struct patch *p = u->patch;

	table_lock();
	if (code == OPUS_OK && !(u->flags & WIRE_DRY_RUN)) {
		patch_set_state(p, u->revert ? WIRE_PATCH_REVERTED
					     : WIRE_PATCH_APPLIED);
		update_hooks_after(u, PLAN_WHERE_AGENT);
	} else if (p->state != before) {
		patch_set_state(p, before);
	}
	if (code == OPUS_INCONSISTENT)
		agent_switch_off(err->text);
	update_deinit(u);
	return code;
}

static void update_begin(struct update *u, struct patch *p, bool revert,
			 uint32_t flags)
{
	*u = (struct update){
		.revert = revert, .flags = flags, .patch = p,
		.epoch = STATE_EPOCH(atomic_load(&gate_state)) + 1,
		.asked_ns = raw_now(),
	};
	u->report.functions = p->plan.func_count;
}

enum opus_code update_start(struct patch *p, bool revert, uint32_t flags,
			    uint64_t stop_limit_ns, const char *args,
			    uint32_t args_size, struct opus_error *err)
{
	struct update *u = &update_now;
	enum wire_patch_state before = p->state;
	enum opus_code code = update_refuse(p, revert, err);
	const struct patch *by;

	if (code != OPUS_OK)
		return code;
	update_begin(u, p, revert, flags);
	u->stop_limit_ns = stop_limit_ns ? stop_limit_ns : STOP_LIMIT_NS;
	u->args_size = args_size;
	memcpy(u->args, args, args_size);
	if (revert && shadowed(p, &by) != 0)
		return update_end(u, before, revert_shadowed(u, err), err);
	code = update_prepare(u, err);
	if (code == OPUS_OK)
		code = hooks_before(u, PLAN_WHERE_AGENT, err);
	if (code == OPUS_OK) {
		u->report.prepare_ns = raw_now() - u->asked_ns;
		code = update_stop(u, err);
	}
	text_finish();
	if (code == OPUS_PENDING && !(flags & WIRE_DRY_RUN)) {
		patch_set_state(p, revert ? WIRE_PATCH_REVERTING
					  : WIRE_PATCH_APPLYING);
		return code; /* slots stay writable, update_now stays in use */
	}
	return update_end(u, before, code, err);
}

enum opus_code update_alone(struct patch *p, struct opus_error *err)
{
	struct update *u = &update_now;
	enum wire_patch_state before = p->state;
	enum opus_code code = update_refuse(p, false, err);

	if (code != OPUS_OK)
		return code;
	update_begin(u, p, false, 0);
	code = update_collect(u, err);
	if (code == OPUS_OK)
		code = text_prepare(err);
	for (uint32_t i = 0; code == OPUS_OK && i < u->count; i++)
		code = table_unlock_site(u->items[i].site, err);
	if (code == OPUS_OK)
		code = hooks_before(u, PLAN_WHERE_AGENT, err);
	if (code == OPUS_OK)
		code = hooks_before(u, PLAN_WHERE_STOPPED, err);
	if (code == OPUS_OK)
		code = update_switch(u, err);
	if (code == OPUS_OK)
		update_hooks_after(u, PLAN_WHERE_STOPPED);
	text_sync();
	text_finish();
	return update_end(u, before, code, err);
}
