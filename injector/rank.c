/*
 * rank.c - which thread to borrow first.
 *
 * Called by:  inject.c, confine.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A thread for which a stop is nothing at all comes first: its wait has no time
 * limit, or one that the kernel keeps. One that sends comes late: with a part of it
 * gone the stop ends the call.
 */
#include "rank.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "common/cleanup.h"
#include "place.h"

#define THREADS_LOOKED_AT 64

/* Does it return how much of several bytes was moved? */
static bool is_transfer(long number, const unsigned long *a)
{
	switch (number) {
	case SYS_write: case SYS_writev: case SYS_sendto: case SYS_sendmsg:
		return true;
	case SYS_recvfrom:
		return a[3] & MSG_WAITALL;
	case SYS_recvmsg:
		return a[2] & MSG_WAITALL;
	default:
		return false;
	}
}

unsigned char rank_thread(const struct target *t, pid_t tid)
{
	unsigned long a[PROC_SYSCALL_WORDS];
	struct proc_status s;
	long number;
	bool timed;

	if (!proc_status_read(t->pid, tid, &s) || !s.memory || s.state == 'D')
		return RANK_UNFIT;
	if (!proc_syscall_words(t->pid, tid, &number, a))
		return 2; /* it runs */
	if (number < 0 || !place_waits(number, a[1]))
		return 4;
	if (is_transfer(number, a))
		return 3;
	timed = (number == SYS_epoll_wait || number == SYS_epoll_pwait)
			? (int)a[3] > 0
		: number == SYS_rt_sigtimedwait ? a[2] != 0
		: number == SYS_semtimedop || number == SYS_epoll_pwait2
			? a[3] != 0 : false;
	return timed ? 1 : 0;
}

size_t rank_threads(const struct target *t, pid_t only, unsigned int round,
		    pid_t **ret)
{
	CLEANUP(cleanup_free) pid_t *all = NULL;
	ssize_t count = proc_threads(t->pid, &all);
	unsigned char ranks[THREADS_LOOKED_AT];
	const pid_t *tids = all;
	size_t used = 0;

	if (count > THREADS_LOOKED_AT) {
		size_t parts = ((size_t)count - 1) / THREADS_LOOKED_AT + 1;

		tids += round % parts * THREADS_LOOKED_AT;
		count -= tids - all;
	}
	if (count > THREADS_LOOKED_AT)
		count = THREADS_LOOKED_AT;
	*ret = count > 0 ? malloc((size_t)count * sizeof(pid_t)) : NULL;
	if (*ret && only) {
		**ret = only;
		return 1;
	}
	for (ssize_t i = 0; *ret && i < count; i++)
		ranks[i] = rank_thread(t, tids[i]);
	for (unsigned char rank = 0; *ret && rank < RANK_UNFIT; rank++)
		for (ssize_t i = 0; i < count; i++)
			if (ranks[i] == rank)
				(*ret)[used++] = tids[i];
	return used;
}
