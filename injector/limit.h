/*
 * limit.h - let a process have one more thread than it may.
 *
 * Included by: contact.h, client.h, inject.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: not async-signal-safe by POSIX.
 *
 * A service may have forbidden itself to make processes and threads, as
 * Dovecot's login processes have (RLIMIT_NPROC of 1). It cannot take that back;
 * root can from outside, for the time of the conversation (prlimit(2),
 * CAP_SYS_RESOURCE).
 */
#ifndef OPUS_LIMIT_H
#define OPUS_LIMIT_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct limit {
	bool lifted;
	struct rlimit before;
};

/* False if there is no limit, or if it may not be lifted, or is already. */
bool limit_lift(struct limit *l, pid_t pid);
/* Put it back, if it was lifted. A child that the process has made meanwhile
 * keeps the other one. */
void limit_restore(struct limit *l, pid_t pid);

#endif
