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

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "proc.h"

#define ANSWER_NS 5000000u /* of one thread, which may wait for a processor */
#define ASK_NS 200000000u  /* of all */

static void ask_one(uint32_t tid)
{
	siginfo_t info = {.si_signo = agent_signal, .si_code = SI_QUEUE};
	uint32_t before = atomic_load(&altstack_answers);

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_ptr = (void *)(ALTSTACK_TAG << 56);
	if (raw_syscall6(SYS_rt_tgsigqueueinfo, info.si_pid, tid, agent_signal,
			 (long)&info, 0, 0) == 0)
		futex_wait(&altstack_answers, before, ANSWER_NS);
}

void altstack_ask(void)
{
	char buffer[4096] __attribute__((aligned(8)));
	uint64_t end = raw_now() + ASK_NS;
	uint32_t self = (uint32_t)raw_gettid();
	int dir = opus_beacon.flags & BEACON_ASKED ? -1 : proc_open_tasks();
	long n;

	while (dir >= 0 && (n = raw_syscall3(SYS_getdents64, dir, (long)buffer,
					     sizeof(buffer))) > 0)
		for (long at = 0; at < n && raw_now() < end;) {
			const struct proc_entry *d = (void *)(buffer + at);
			uint32_t tid = proc_tid(d);

			at += d->length;
			if (tid != 0 && tid != self)
				ask_one(tid);
		}
	if (dir < 0)
		return;
	close(dir);
	beacon_flag(BEACON_ASKED, 0);
}
