/*
 * update.h - one update of the process: apply or revert, from start to end.
 *
 * Included by: control.c, agent.c; update_now by the files of the update only.
 * Runs on:     agent thread, but for update_forked().
 * Locks:       malloc's and the loader's before the stop, none during it.
 * Signal:      unsafe.
 *
 *   update_start   prepare, stop once, scan ── nobody inside ──▶ switched
 *                                          └─ somebody inside ─▶ armed: pending
 *   update_poll    barrier, look again, and, when the last thread has left
 *                  (which commits by itself), finish
 *   update_cancel  pending ──▶ as before
 */
#ifndef OPUS_UPDATE_H
#define OPUS_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/wire.h"
#include "patch.h"
#include "scan.h"

struct update_item {
	uint32_t site;
	uintptr_t from, to;
	struct patch_item *item;
	bool wrote; /* this update has put the jump there */
};

struct update_report {
	uint64_t prepare_ns, pause_ns, pending_ns;
	uint64_t stop_ns, scan_ns, switch_ns; /* parts of pause_ns */
	uint32_t threads, unsafe, functions;
};

/* The one update that can be under way. */
struct update {
	bool active; /* pending, or committed and not finished */
	bool revert;
	uint32_t epoch;
	uint32_t flags; /* enum wire_apply_flags */
	uint64_t stop_limit_ns;
	struct patch *patch;
	struct update_item *items;
	uint32_t count;
	struct scan_ranges ranges;
	struct update_report report;
	uint64_t asked_ns, armed_ns;
	uint64_t armed_counter; /* time-stamp counter at armed_ns */
	uint64_t barrier_at_ns, barrier_end_ns, barrier_gap_ns, barrier_hold_ns;
	uint64_t look_at_ns, look_gap_ns;
	char args[WIRE_ARGS];
	uint32_t args_size;
};

extern struct update update_now;

/*
 * Start an update. OPUS_OK: it is done (or, with WIRE_DRY_RUN, would be done at
 * once). OPUS_PENDING: armed; threads inside finish the old code, everybody
 * switches when the last one leaves. OPUS_ALREADY: nothing to do. Any other
 * code: nothing has changed, but OPUS_INCONSISTENT.
 */
enum opus_code update_start(struct patch *p, bool revert, uint32_t flags,
			    uint64_t stop_limit_ns, const char *args,
			    uint32_t args_size, struct opus_error *err)
	MUST_CHECK;

/*
 * Apply before main(), by the process's only thread, in which no function of
 * the program is active: nobody is stopped or looked at. Codes as above, but
 * OPUS_PENDING.
 */
enum opus_code update_alone(struct patch *p, struct opus_error *err) MUST_CHECK;

/* Go on with a pending update; `*timeout_ns` is when to call again at the
 * latest. Returns OPUS_PENDING, or the code with which it ended. */
enum opus_code update_poll(uint64_t *timeout_ns, struct opus_error *err);

/* Give a pending update up. OPUS_CANCELLED; OPUS_OK if it had committed just
 * before; OPUS_ALREADY if nothing was pending. */
enum opus_code update_cancel(struct opus_error *err);

/* In the child of fork(). */
void update_forked(void);

/* --- between the files of the update --- */

/* Threads stopped, nobody inside: switch all. */
enum opus_code update_switch(struct update *u, struct opus_error *err) MUST_CHECK;
/* Threads stopped, some inside: gates, hooks, state word. */
enum opus_code update_arm(struct update *u, struct opus_error *err) MUST_CHECK;
/* Point slots and `settled` at what is valid now; committed: also relink the
 * stacks of patches. Threads stopped, or the update ended. */
void update_settle(struct update *u, bool committed);
/* Take away jumps that lead nowhere but back (after a cancelled apply or a
 * revert that had to wait). Best effort; stops the threads for a moment. */
void update_tidy(void);
/* Call the post hooks of this context. It has taken place whatever they say, which
 * comes into the log. */
void update_hooks_after(struct update *u, enum plan_where where);
/* Free list entries that were kept for frames which are gone. Agent thread. */
void update_reclaim(void);
/* Threads stopped and scanned: thread, or sleeping coroutine, number `i`; NULL
 * behind the last. */
struct stop_thread *update_subject(uint32_t i);
/* The threads are stopped: scan each into its slot. Returns how many are not
 * safe; `*again` is set if some stand where nothing can be decided now. */
uint32_t update_scan(const struct scan_ranges *ranges, bool *again);

#endif
