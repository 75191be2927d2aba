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
#define LOOK_NS 10000000u

/* Does it take the signal? Not while it waits for a vforked child ('D'), has
 * ended, or blocks the signal by a system call of its own. */
static bool takes(uint32_t tid)
{
	char text[2048];
	const char *state, *blocked;

	if (proc_read_of(tid, "status", text, sizeof(text)) <= 0)
		return false;
	state = strstr(text, "\nState:\t");
	blocked = strstr(text, "\nSigBlk:\t");
	return state && blocked && !strchr("DZX", state[8]) &&
	       !(strtoull(blocked + 9, NULL, 16) >> (agent_signal - 1) & 1);
}

/* No other is asked while one may still come to its handler: on a stack that
 * both have, one would go on with the other's registers. */
static bool ask_one(uint32_t tid)
{
	siginfo_t info = own_signal(agent_signal);
	uint32_t before = atomic_load(&altstack_answers);
	uint64_t end = raw_now() + ANSWER_NS;

	if (!takes(tid) ||
	    own_signal_send(&info, tid, ALTSTACK_TAG << 56 | filter_value()) != 0)
		return true;
	while (atomic_load(&altstack_answers) == before) {
		if (raw_now() >= end)
			return false;
		futex_wait(&altstack_answers, before, LOOK_NS);
		if (!takes(tid))
			return true;
	}
	return true;
}

uint32_t altstack_ask(void)
{
	struct descriptor list = {.fd = -1};
	uint32_t self = (uint32_t)raw_gettid(), tid = 0;
	struct proc_tasks tasks;

	if (!(opus_beacon.flags & BEACON_ASKED))
		descriptor_keep(&list, proc_open_tasks());
	if (list.fd < 0)
		return 0;
	proc_tasks_begin(&tasks, list.fd);
	while ((tid = proc_tasks_next(&tasks)) != 0)
		if (tid != self && !ask_one(tid))
			break;
	descriptor_close(&list);
	if (tid == 0)
		beacon_flag(BEACON_ASKED, 0);
	return tid;
}
