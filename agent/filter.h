/*
 * filter.h - the host installs a seccomp filter: not while the agent works.
 *
 * Included by: restart_sig.c.
 * Runs on:     any thread of the host program.
 * Locks:       see filter.c.
 * Signal:      unsafe: waits.
 */
#ifndef OPUS_FILTER_H
#define OPUS_FILTER_H

/* prctl(2) or seccomp(2) of the host, as libc's syscall() makes them: -1 with
 * errno on failure. If it installs a filter, see filter.c. */
long filter_call(long number, long a, long b, long c, long d, long e);

#endif
