/*
 * hurry.c - the command and the agent's thread go before other threads.
 *
 * Called by:  client.c, send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * An update takes a millisecond of processor time, in a dozen pieces: between
 * them command and agent wait for each other. Where a hundred threads want the
 * processor each piece comes at the end of the queue, and the millisecond
 * becomes seconds (64 threads that spin on two processors: 2 to 5 s). The agent
 * cannot lift its own thread in a service that has dropped its rights, root can.
 *
 * It is not put down again. It has its end to see to when the connection closes,
 * and the scheduler would hold the time that it had at the high priority against
 * it at the low one, at 86 times its length: a thread that came so to its turn
 * only 2 s later kept the next command from reaching the agent.
 */
#include "hurry.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "beacon_read.h"

#define NICE_BEST (-20)
#define RESET_ON_FORK 1 /* SCHED_FLAG_RESET_ON_FORK of <linux/sched.h> */

/* struct sched_attr, first version (sched_setattr(2)); glibc 2.36 has none. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* The least that the kernel takes, from 6.12 on: one that wakes up and wants less
 * than who runs goes before that one, which else has its slice of 3 ms first. Older
 * ones do not look at it. */
#define SLICE_NS 100000u

/* A thread that a hook of the patch makes shall not inherit it. */
static void lift(pid_t tid, uint64_t flags)
{
	struct attr a = {.size = sizeof(a), .policy = SCHED_OTHER, .flags = flags,
			 .nice = NICE_BEST, .runtime = SLICE_NS};

	/* One of a real-time service goes first as it is. */
	if (sched_getscheduler(tid) == SCHED_OTHER)
		syscall(SYS_sched_setattr, tid, &a, 0);
}

void hurry_self(void)
{
	lift(0, 0);
}

/* In another pid namespace its number is another: it is known by its name. */
static pid_t outer_tid(const struct target *t, pid_t inner)
{
	/* Only its own: it could name any. */
	if (t->status.inner_pid == t->pid)
		return syscall(SYS_tgkill, t->pid, inner, 0) == 0 ? inner : 0;
	return beacon_thread(t->pid);
}

void hurry_agent(const struct target *t, pid_t inner_tid)
{
	pid_t tid = geteuid() == 0 && inner_tid > 0 ? outer_tid(t, inner_tid) : 0;

	if (tid)
		lift(tid, RESET_ON_FORK);
}
