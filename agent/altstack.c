/*
 * altstack.c - ask the threads that were there before the agent.
 *
 * Called by:  update.c, if the agent came late.
 * Runs on:    agent thread.
 * Locks:      none.
 * Signal:     unsafe: waits.
 *
 * One after the other: each runs its handler on its alternate stack, and that
 * may be everybody's. Not when the agent comes, which disturbs nobody, but before
 * the first stop; until then opus-send wakes one thread at a time.
 */
#include "altstack.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "descriptor.h"
#include "filter.h"
#include "own_signal.h"
#include "proc.h"

#define ANSWER_NS 2000000000u /* of one thread, which may wait for a processor */
#define ALL_NS 10000000000u   /* opus-send waits for 30 s */
#define LOOK_NS 10000000u
#define MOMENT_NS 50000u
#define HANDLER_NS 5000000u /* no handler of ours runs for so long */

struct look {
	char state;       /* of proc_pid_status(5) */
	uint64_t blocked; /* signals */
};

static bool look(uint32_t tid, struct look *ret)
{
	char text[2048];
	const char *state, *blocked;

	if (proc_read_of(tid, "status", text, sizeof(text)) <= 0)
		return false;
	state = strstr(text, "\nState:\t");
	blocked = strstr(text, "\nSigBlk:\t");
	if (!state || !blocked)
		return false;
	ret->state = state[8];
	ret->blocked = strtoull(blocked + 9, NULL, 16);
	return !strchr("ZX", ret->state);
}

static bool blocks(const struct look *l)
{
	return l->blocked >> (agent_signal - 1) & 1;
}

/*
 * Wait until it has left its handler, where the signal is blocked. rt_sigreturn(2)
 * sets the mask first and reads the registers from the stack then; so one that has
 * not slept has to have run for a bit more. False: not by `end`.
 */
static bool leaves(uint32_t tid, uint64_t end)
{
	bool there;
	struct look l;
	uint64_t before;

	while ((there = look(tid, &l)) && blocks(&l) && raw_now() < end)
		raw_sleep(MOMENT_NS);
	before = proc_run_time(tid);
	while (there && !blocks(&l) && l.state == 'R' && proc_run_time(tid) == before &&
	       raw_now() < end) {
		raw_sleep(MOMENT_NS);
		there = look(tid, &l);
	}
	return !there || (!blocks(&l) && raw_now() < end);
}

/* No other is asked while one may still come to its handler, or is in it: on a
 * stack that both have, one would go on with the other's registers. */
static bool ask_one(uint32_t tid)
{
	siginfo_t info = own_signal(agent_signal);
	uint32_t before = atomic_load(&altstack_answers);
	uint64_t end = raw_now() + ANSWER_NS;
	struct look l;

	/* Not while it waits for a vforked child ('D'), or blocks the signal by a
	 * system call of its own. */
	if (!look(tid, &l) || l.state == 'D' || blocks(&l) ||
	    own_signal_send(&info, tid, ALTSTACK_TAG << 56 | filter_value()) != 0)
		return true;
	while (atomic_load(&altstack_answers) == before) {
		if (!look(tid, &l))
			return true;
		if (raw_now() >= end)
			return false;
		futex_wait(&altstack_answers, before, LOOK_NS);
	}
	return !atomic_load(&altstack_used) || leaves(tid, end);
}

/* Those that opus-send has just asked may be on their way out of the handler. Who
 * sleeps with the signal blocked, or runs for long, does so by itself. */
static void contacts_await(struct proc_tasks *tasks, uint32_t self)
{
	uint64_t end = raw_now() + ANSWER_NS, before;
	uint32_t tid;
	struct look l;

	while ((tid = proc_tasks_next(tasks)) != 0) {
		if (tid == self)
			continue;
		before = proc_run_time(tid);
		while (look(tid, &l) && l.state == 'R' && blocks(&l) &&
		       proc_run_time(tid) - before < HANDLER_NS && raw_now() < end)
			raw_sleep(MOMENT_NS);
	}
}

uint32_t altstack_ask(void)
{
	struct descriptor list = {.fd = -1};
	uint32_t self = (uint32_t)raw_gettid(), tid = 0;
	uint64_t end = raw_now() + ALL_NS;
	struct proc_tasks tasks;

	if (!(opus_beacon.flags & BEACON_ASKED))
		descriptor_keep(&list, proc_open_tasks());
	if (list.fd < 0)
		return 0;
	proc_tasks_begin(&tasks, list.fd);
	contacts_await(&tasks, self);
	proc_tasks_begin(&tasks, list.fd);
	while ((tid = proc_tasks_next(&tasks)) != 0)
		if (tid != self && (raw_now() > end || !ask_one(tid)))
			break;
	descriptor_close(&list);
	if (tid == 0)
		beacon_flag(BEACON_ASKED, 0);
	return tid;
}
