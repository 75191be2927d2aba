/*
 * arm.c - change the process: at once if nobody is inside, else behind gates.
 *
 * Called by:  update.c and pending.c, all other threads stopped.
 * Runs on:    agent thread.
 * Locks:      none: parked threads may hold any.
 * Signal:     safe while threads are stopped: raw system calls, no heap.
 *
 * Each writing step has its undo beside it. A jump is written once per
 * function and stays as long as something newer than the original code is
 * active; later updates of the function change only its slot.
 */
#include <string.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "table.h"
#include "text.h"
#include "update.h"

/* --- jumps --- */

/* Functions of one source file lie close together: jumps within this distance
 * are written at once, with the unchanged bytes between them. One write costs
 * a microsecond, whatever its size, and all threads wait for it. */
#define BATCH TEXT_WRITE_MAX
static uint8_t batch[BATCH];

static uintptr_t jump_place(uint32_t site)
{
	return table_sites[site].entry + table_sites[site].func->jump_at;
}

/* Put the jump, or the original bytes, of one site into the batch. */
static void batch_put(uintptr_t start, uint32_t site, bool jump)
{
	const struct table_site *t = &table_sites[site];
	uint8_t *at = batch + (jump_place(site) - start);

	if (jump)
		table_jump(site, at);
	else
		memcpy(at, t->original + t->func->jump_at, table_jump_size(site));
}

/* Since it was checked, a debugger may have set a breakpoint there. */
static enum opus_code jump_check(uint32_t site, struct opus_error *err)
{
	const struct table_site *t = &table_sites[site];

	if (memcmp((const void *)t->entry, t->original, t->func->orig_size) != 0)
		return error_set(err, OPUS_BYTES_DIFFER,
				 "%s: its code has been changed by somebody else",
				 plan_string(t->plan, t->func->name));
	return OPUS_OK;
}

/*
 * Write the jumps of items[first .. count) that are not written yet, as many
 * as fit into one batch, or (jump false) take them away where the original
 * code is active again. Returns the index behind the last one done, or `first`
 * after an error. Items are sorted by address.
 */
static uint32_t batch_write(struct update *u, uint32_t first, uint32_t count,
			    bool jump, struct opus_error *err)
{
	uintptr_t start = jump_place(u->items[first].site), end = start;
	uint32_t i;

	for (i = first; i < count; i++) {
		uintptr_t at = jump_place(u->items[i].site);

		if (at + PLAN_JUMP_SIZE - start > BATCH ||
		    table_sites[u->items[i].site].base !=
			    table_sites[u->items[first].site].base)
			break;
		end = at + table_jump_size(u->items[i].site);
	}
	count = i;
	memcpy(batch, (const void *)start, end - start);
	for (i = first; i < count; i++) {
		uint32_t site = u->items[i].site;

		if (table_sites[site].jumping == jump ||
		    (!jump && patch_top(site)))
			continue;
		if (jump && jump_check(site, err) != OPUS_OK)
			return first;
		batch_put(start, site, jump);
	}
	if (text_write(start, batch, end - start, err) != OPUS_OK)
		return first;
	for (i = first; i < count; i++) {
		struct table_site *t = &table_sites[u->items[i].site];

		if (t->jumping != jump && (jump || !patch_top(u->items[i].site))) {
			t->jumping = jump;
			u->items[i].wrote = jump;
		}
	}
	return count;
}

static enum opus_code jump_erase(uint32_t site, struct opus_error *err)
{
	struct table_site *t = &table_sites[site];
	enum opus_code code;

	if (!t->jumping)
		return OPUS_OK;
	code = text_write(jump_place(site), t->original + t->func->jump_at,
			  table_jump_size(site), err);
	t->jumping = code != OPUS_OK;
	return code;
}

/* Undo of the jumps of the first `count` items. A jump that cannot be taken
 * away leads to the trampoline, which is as good as the original code. */
static enum opus_code jumps_undo(struct update *u, uint32_t count,
				 struct opus_error *err)
{
	struct opus_error second;

	for (uint32_t i = u->count; i-- > 0;) {
		struct update_item *x = &u->items[i];

		atomic_store(gate_sites[x->site].slot, x->from);
		if (i < count && x->wrote &&
		    jump_erase(x->site, &second) == OPUS_INCONSISTENT)
			*err = second;
		x->wrote = false;
	}
	return err->code;
}

static enum opus_code jumps_write(struct update *u, struct opus_error *err)
{
	uint32_t i = 0;

	while (i < u->count) {
		uint32_t next = i + 1;

		if (!table_sites[u->items[i].site].jumping)
			next = batch_write(u, i, u->count, true, err);
		if (next == i)
			return jumps_undo(u, i, err);
		i = next;
	}
	return OPUS_OK;
}

/* --- nobody inside --- */

static void items_link(struct update *u)
{
	for (uint32_t i = 0; i < u->count; i++) {
		struct patch_item *item = u->items[i].item;
		uint32_t site = item->site;

		/* A child that was forked right here does it once more. */
		if ((patch_top(site) == item) != u->revert)
			continue;
		if (!u->revert) {
			item->below = patch_top(site);
			if (item->below)
				item->below->above = item;
			item->above = NULL;
			patch_set_top(site, item);
		} else {
			patch_set_top(site, item->below);
			if (item->below)
				item->below->above = NULL;
			item->below = item->above = NULL;
		}
	}
}

void update_settle(struct update *u, bool committed)
{
	for (uint32_t i = 0; i < u->count; i++) {
		const struct update_item *x = &u->items[i];
		struct gate_site *g = &gate_sites[x->site];
		uintptr_t code = committed ? x->to : x->from;

		/* Before the slot: a thread that is in the gate may have read
		 * the slot long ago, and the next update's number in the state
		 * word sends it to `settled`. */
		atomic_store(&g->settled, code);
		atomic_store(g->slot, code);
	}
	if (committed)
		items_link(u);
}

enum opus_code update_switch(struct update *u, struct opus_error *err)
{
	enum opus_code code = jumps_write(u, err);
	struct opus_error one = {.code = OPUS_OK};

	if (code != OPUS_OK)
		return code;
	update_settle(u, true);
	/* Back to the original code: its own bytes again. If that fails, the
	 * jump leads to the trampoline, which is as good. */
	for (uint32_t i = 0, next; i < u->count && u->revert; i = next) {
		next = i + 1;
		if (!patch_top(u->items[i].site)) {
			uint32_t done = batch_write(u, i, u->count, false, &one);

			next = done > i ? done : next;
		}
		if (one.code == OPUS_INCONSISTENT) {
			code = one.code;
			*err = one;
		}
	}
	atomic_store(&gate_state, (uint64_t)u->epoch << 32 | STATE_COMMITTED);
	return code;
}

/* --- somebody inside --- */

/* A thread that stands among the bytes which the jump displaces goes on in
 * the trampoline, at the copy of the same instruction. */
static void context_move(struct stop_thread *t, uint32_t site)
{
	greg_t *ip = &t->context->uc_mcontext.gregs[REG_RIP];
	uintptr_t moved;

	if (!table_displaced(site, (uintptr_t)*ip))
		return;
	moved = table_moved(site, (uintptr_t)*ip);
	if (moved)
		*ip = (greg_t)moved;
}

static enum opus_reason reason_of(const struct stop_thread *t)
{
	if (!t->gate)
		return OPUS_WHY_COROUTINE;
	return t->verdict == SCAN_INSIDE ? OPUS_WHY_INSIDE : OPUS_WHY_UNREADABLE;
}

/* Put one unsafe thread on the list. Returns how many entries that makes: none for
 * a frame that is there already, as of a coroutine that has just been resumed, or -1:
 * none is left. */
static int thread_list(struct update *u, struct stop_thread *t)
{
	uintptr_t *slot = t->verdict == SCAN_INSIDE ? t->slot : NULL;
	int hook = slot ? gate_hook_find(*slot) : -1;

	if (hook >= 0 && atomic_load(&gate_hooks[hook].epoch) == u->epoch)
		return 0;
	if (hook >= 0) {
		/* Still hooked for an update that was cancelled: the same
		 * hook counts for this one. */
		gate_hooks[hook].site = t->site;
		gate_hooks[hook].reason = OPUS_WHY_INSIDE;
		gate_hooks[hook].since = raw_counter();
		atomic_store(&gate_hooks[hook].epoch, u->epoch);
		return 1;
	}
	hook = gate_hook_take(t->tid);
	if (hook < 0)
		return -1;
	gate_hook_set((uint32_t)hook, t->gate, slot, u->epoch, t->site,
		      reason_of(t));
	return 1;
}

/* Taken off again, with the return addresses put back. */
static void threads_unlist(struct update *u)
{
	for (uint32_t i = 0; i < GATE_HOOKS; i++) {
		uintptr_t slot = atomic_load(&gate_hooks[i].slot);

		if (atomic_load(&gate_hooks[i].epoch) != u->epoch)
			continue;
		if (slot)
			*(uintptr_t *)slot = gate_returns[i].address;
		gate_hook_release(i, atomic_load(&gate_hooks[i].owner));
	}
}

/* Every instruction boundary among displaced bytes is in the plan; a thread
 * elsewhere among them cannot be moved, and no jump may be written. */
static bool contexts_movable(const struct update *u)
{
	for (uint32_t i = 0; i < stop_now.count; i++) {
		const struct stop_thread *t = &stop_now.threads[i];
		uintptr_t ip;

		if (t->verdict == SCAN_SAFE || atomic_load(&t->state) != STOP_PARKED)
			continue;
		ip = (uintptr_t)t->context->uc_mcontext.gregs[REG_RIP];
		for (uint32_t k = 0; k < u->count; k++)
			if (!table_sites[u->items[k].site].jumping &&
			    table_displaced(u->items[k].site, ip) &&
			    !table_moved(u->items[k].site, ip))
				return false;
	}
	return true;
}

enum opus_code update_arm(struct update *u, struct opus_error *err)
{
	uint32_t unsafe = u->report.unsafe = 0;
	struct stop_thread *t;
	enum opus_code code;

	if (!contexts_movable(u))
		return error_set(err, OPUS_BUSY,
			"a thread stands in the middle of the bytes to be replaced");
	for (uint32_t i = 0; (t = update_subject(i)); i++) {
		int more = t->verdict == SCAN_SAFE ? 0 : thread_list(u, t);

		if (more < 0) {
			threads_unlist(u);
			return error_set(err, OPUS_RESOURCE,
				"more than %d threads are inside", GATE_HOOKS);
		}
		unsafe += (uint32_t)more;
	}
	for (uint32_t i = 0; i < u->count; i++) {
		struct gate_site *g = &gate_sites[u->items[i].site];

		atomic_store(&g->from, u->items[i].from);
		atomic_store(&g->to, u->items[i].to);
		atomic_store(&g->epoch, u->epoch);
		atomic_store(g->slot, gate_address(u->items[i].site));
	}
	for (uint32_t i = 0; i < stop_now.count; i++)
		for (uint32_t k = 0; k < u->count; k++)
			if (stop_now.threads[i].verdict != SCAN_SAFE &&
			    !table_sites[u->items[k].site].jumping)
				context_move(&stop_now.threads[i], u->items[k].site);
	code = jumps_write(u, err);
	if (code != OPUS_OK) {
		threads_unlist(u);
		return code;
	}
	u->active = true;
	u->armed_ns = raw_now();
	u->armed_counter = raw_counter();
	u->report.unsafe = unsafe;
	atomic_store(&gate_foreign, 0);
	atomic_store(&gate_state, (uint64_t)u->epoch << 32 | unsafe);
	return OPUS_PENDING;
}

/* --- afterwards --- */

void update_tidy(void)
{
	struct opus_error err;
	bool some = false, damaged = false;

	for (uint32_t i = 0; i < table_site_count && !some; i++)
		some = table_sites[i].jumping && !patch_top(i);
	if (!some || text_prepare(&err) != OPUS_OK)
		return;
	/* Any thread may be anywhere: the jump is one instruction, the slot
	 * leads to the trampoline, and that stays. */
	if (stop_threads(NULL, 20000000, &err) == OPUS_OK) {
		for (uint32_t i = 0; i < table_site_count; i++)
			if (table_sites[i].jumping && !patch_top(i) &&
			    jump_erase(i, &err) == OPUS_INCONSISTENT)
				damaged = true;
		text_sync();
		stop_release();
		if (damaged)
			agent_switch_off(err.text);
	}
	text_finish();
}
