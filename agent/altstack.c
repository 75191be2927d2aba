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
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "filter.h"
#include "own_signal.h"
#include "proc.h"

#define ANSWER_NS 5000000u /* of one thread, which may wait for a processor */
#define ASK_NS 200000000u  /* of all */

static void ask_one(uint32_t tid)
{
	siginfo_t info = own_signal(agent_signal);
	uint32_t before = atomic_load(&altstack_answers);

	if (own_signal_send(&info, tid, ALTSTACK_TAG << 56 | filter_value()) == 0)
		futex_wait(&altstack_answers, before, ANSWER_NS);
}

void altstack_ask(void)
{
	uint64_t end = raw_now() + ASK_NS;
	uint32_t self = (uint32_t)raw_gettid(), tid;
	int dir = opus_beacon.flags & BEACON_ASKED ? -1 : proc_open_tasks();
	struct proc_tasks tasks;

	if (dir < 0)
		return;
	proc_tasks_begin(&tasks, dir);
	while (raw_now() < end && (tid = proc_tasks_next(&tasks)) != 0)
		if (tid != self)
			ask_one(tid);
	close(dir);
	beacon_flag(BEACON_ASKED, 0);
}
