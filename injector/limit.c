/*
 * limit.c - let a process have one more thread than it may.
 *
 * Called by:  contact.c, client.c, inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: not async-signal-safe by POSIX.
 */
#include "limit.h"

#include <stddef.h>

bool limit_lift(struct limit *l, pid_t pid)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit most;

	if (l->lifted || prlimit(pid, RLIMIT_NPROC, NULL, &l->before) != 0 ||
	    l->before.rlim_cur == RLIM_INFINITY)
		return false;
	/* Its own user may go as far as the process itself could. */
	most.rlim_cur = most.rlim_max = l->before.rlim_max;
	l->lifted = prlimit(pid, RLIMIT_NPROC, &none, NULL) == 0 ||
		    prlimit(pid, RLIMIT_NPROC, &most, NULL) == 0;
	return l->lifted;
}

void limit_restore(struct limit *l, pid_t pid)
{
	if (l->lifted)
		prlimit(pid, RLIMIT_NPROC, &l->before, NULL);
	l->lifted = false;
}
