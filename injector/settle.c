/*
 * settle.c - wait for an exec that began before the agent was there.
 *
 * Called by:  inject.c.
 * Runs on:    command, in a child of it.
 * Locks:      that of the kernel for exec, by ptrace(2).
 * Signal:     unsafe: heap.
 *
 * From execve(2)'s entry until the new program is there no signal is handled, so one
 * that comes then meets that program. The kernel lets nobody become a tracer
 * meanwhile (cred_guard_mutex, kernel/ptrace.c: ptrace_attach()): who has become
 * one, or was refused, knows that no exec is going on, without a stop. It takes that
 * lock some 10 us after the call's entry. A thread is past those when it sleeps in
 * another call, or has run for longer since, proc_schedstat(5).
 */
#include "settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "common/cleanup.h"
#include "interrupt.h"
#include "tracee.h"

#define RUN_NS 200000ull      /* longer than the way to the lock */
#define BUSY_NS 2000000000ull /* for all of them to get a processor */
#define MOMENT_NS 500000ull

/* Has it passed, seen from when it had run for `before`? */
static bool is_past(pid_t pid, pid_t tid, uint64_t before)
{
	long number = proc_syscall(pid, tid);

	if (number == SYS_execve || number == SYS_execveat)
		return false; /* before the lock: it opens the file */
	/* -1: it may sleep for a page of the path. */
	return (number != PROC_RUNNING && number != -1) ||
	       proc_run_time(pid, tid) - before >= RUN_NS;
}

static void wait_for_all(pid_t pid)
{
	uint64_t end = interrupt_clock() + BUSY_NS;
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(pid, &tids), left = 0;
	CLEANUP(cleanup_free) uint64_t *before = NULL;

	before = count > 0 ? calloc((size_t)count, sizeof(*before)) : NULL;
	if (!before)
		return;
	for (ssize_t i = 0; i < count; i++) {
		uint64_t now = proc_run_time(pid, tids[i]);

		if (is_past(pid, tids[i], now))
			continue;
		tids[left] = tids[i];
		before[left++] = now;
	}
	while (left > 0 && interrupt_clock() < end) {
		(void)interrupt_poll(NULL, 0, interrupt_clock() + MOMENT_NS, true);
		while (left > 0 && is_past(pid, tids[left - 1], before[left - 1]))
			left--;
	}
}

void settle(const struct target *t)
{
	wait_for_all(t->pid);
	(void)tracee_seize(t->view, 0);
}
