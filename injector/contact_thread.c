/*
 * contact_thread.c - which thread to send the contact signal to.
 *
 * Called by:  contact.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The agent can start in a thread that sleeps in one of a few system calls, or
 * runs outside libc and the loader. Threads of the first kind are tried first,
 * then those that run, then the rest; threads that block the signal not at all
 * (it would stay queued and be answered at some later time), nor those for which
 * one waits already: a thread that got no processor for 100 ms would find so many
 * (they are queued, signal(7)) that it did nothing else for a while, all of them
 * at one and the same place.
 */
#include "contact_thread.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "common/cleanup.h"

/* All but SIGKILL and SIGSTOP. */
#define IN_HANDLER (~(1ull << 8 | 1ull << 18))
#define RANKS 3
#define RANK_RUNS 1
/* Looking at a thread costs two files of /proc. Of many thousands so many are as
 * good as any; should they all be out of reach, others are looked at next. */
#define THREADS_LOOKED_AT 256

int contact_thread_rank(long number)
{
	switch (number) {
	case SYS_poll:
	case SYS_ppoll:
	case SYS_select:
	case SYS_pselect6:
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_accept:
	case SYS_accept4:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_pause:
	case SYS_rt_sigsuspend:
	case SYS_rt_sigtimedwait:
	case SYS_wait4:
	case SYS_waitid:
	case SYS_read:
	case SYS_readv:
	case SYS_recvmmsg:
	case PROC_CONDITION:
	/* poll, nanosleep or futex that was stopped before, by a tracer such as
	 * opus-inject: it waits as ever. */
	case SYS_restart_syscall:
		return 0;
	case PROC_RUNNING:
	case PROC_UNKNOWN:
		return RANK_RUNS;
	default:
		return 2;
	}
}

static bool is_out_of_reach(const struct target *t, const struct proc_status *s)
{
	return (s->blocked | s->pending) >> (t->beacon.signal - 1) & 1;
}

/* Rank of a thread, RANKS if it cannot be used. */
static int thread_look(const struct target *t, pid_t tid)
{
	struct proc_status s;

	if (!proc_status_read(t->pid, tid, &s) || !s.memory || is_out_of_reach(t, &s))
		return RANKS;
	return contact_thread_rank(proc_syscall(t->pid, tid));
}

static void round_begin(struct contact_threads *threads, const struct target *t)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids), first = 0;
	unsigned char looked[THREADS_LOOKED_AT];

	contact_threads_deinit(threads);
	if (count <= 0)
		return;
	if (count > THREADS_LOOKED_AT)
		first = threads->begun++ % ((count - 1) / THREADS_LOOKED_AT + 1) *
			THREADS_LOOKED_AT;
	count = count - first < THREADS_LOOKED_AT ? count - first : THREADS_LOOKED_AT;
	threads->ranks = malloc((size_t)count);
	threads->tids = malloc((size_t)count * sizeof(pid_t));
	if (!threads->ranks || !threads->tids)
		return;
	for (ssize_t i = 0; i < count; i++)
		looked[i] = (unsigned char)thread_look(t, tids[first + i]);
	for (unsigned char rank = 0; rank < RANKS; rank++)
		for (ssize_t i = 0; i < count; i++)
			if (looked[i] == rank) {
				threads->ranks[threads->count] = rank;
				threads->tids[threads->count++] = tids[first + i];
			}
}

pid_t contact_threads_next(struct contact_threads *threads,
			   const struct target *t)
{
	if (!threads->started) {
		threads->started = true;
		if (!is_out_of_reach(t, &t->status) &&
		    (t->status.threads == 1 ||
		     contact_thread_rank(proc_syscall(t->pid, t->view)) == 0))
			return t->view;
	}
	if (threads->next == threads->count) {
		if (threads->count)
			threads->rounds++;
		round_begin(threads, t);
	}
	if (threads->next == threads->count)
		return 0;
	threads->runs = threads->ranks[threads->next] == RANK_RUNS;
	return threads->tids[threads->next++];
}

bool contact_threads_block(const struct target *t)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids);
	struct proc_status s;

	for (ssize_t i = 0; i < count; i++)
		if (proc_status_read(t->pid, tids[i], &s) && s.memory &&
		    !(s.blocked >> (t->beacon.signal - 1) & 1))
			return false;
	return count > 0;
}

bool contact_thread_is_late(const struct target *t, pid_t tid)
{
	struct proc_status s;

	return tid && proc_status_read(t->pid, tid, &s) && s.memory && s.state == 'R' &&
	       (s.pending >> (t->beacon.signal - 1) & 1 || s.blocked == IN_HANDLER);
}

/* The agent's thread begins with the mask of the handler that made it, and with all
 * that libc does to have none of its own signals come in between (32, 33). */
static bool is_new_agent(const struct proc_status *s)
{
	return (s->blocked | 3ull << 31) == (IN_HANDLER | 3ull << 31) ||
	       strcmp(s->name, BEACON_THREAD) == 0;
}

bool contact_threads_late(const struct target *t, bool any)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids);
	struct proc_status s;

	/* The agent's is one of the youngest, and those that were asked are many. */
	for (ssize_t i = count - 1; i >= 0 && count - i <= THREADS_LOOKED_AT; i--)
		if (proc_status_read(t->pid, tids[i], &s) && s.memory &&
		    s.state == 'R' &&
		    ((any && s.pending >> (t->beacon.signal - 1) & 1) ||
		     is_new_agent(&s)))
			return true;
	return false;
}

void contact_threads_deinit(struct contact_threads *threads)
{
	free(threads->tids);
	free(threads->ranks);
	threads->tids = NULL;
	threads->ranks = NULL;
	threads->count = threads->next = 0;
}
