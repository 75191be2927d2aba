/*
 * tracee.h - a thread that is traced: its stops.
 *
 * Included by: remote.c, settle.c, suspend.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: stdio.
 */
#ifndef OPUS_TRACEE_H
#define OPUS_TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/* ptrace(2), with the types that its callers have. */
long tracee_ask(int request, pid_t tid, unsigned long address, void *data);

/*
 * PTRACE_SEIZE with these options: 0, or -1 with errno. It waits while the process
 * executes another program, and that for the threads that we trace already to be
 * waited for: those that end are, here. SIGCHLD is blocked or not, as before.
 */
int tracee_seize(pid_t tid, unsigned long options);

/* The next stop of the thread, whose status goes to `*ret`. SIGCHLD is blocked.
 * False at the time limit; a thread that has ended gives true with no stop in
 * the status. */
bool tracee_wait(pid_t tid, uint64_t limit_ns, int *ret) MUST_CHECK;

/* Does the status tell of a stop by PTRACE_INTERRUPT, or by a stop signal? */
bool tracee_is_interrupted(int status);

/* The signal of the host's that it tells of, 0 if none: the thread gets it when
 * it goes on. */
int tracee_signal(int status);

/* OPUS_NO_CONTACT, in words that name the tracer. */
enum opus_code tracee_traced(pid_t tracer, struct opus_error *err) MUST_CHECK;

/* Why PTRACE_SEIZE has failed, by errno. OPUS_DIED, OPUS_NO_CONTACT (somebody
 * else traces it), OPUS_PERMISSION (the words say what to do). */
enum opus_code tracee_refused(pid_t pid, pid_t tid, struct opus_error *err)
	MUST_CHECK;

#endif
