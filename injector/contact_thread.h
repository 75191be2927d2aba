/*
 * contact_thread.h - which thread to send the contact signal to.
 *
 * Included by: contact.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_CONTACT_THREAD_H
#define OPUS_CONTACT_THREAD_H

#include "target.h"

/* The order in which threads are tried. Zero it before first use. */
struct contact_threads {
	pid_t *tids;
	size_t count;
	size_t next;
	unsigned char *ranks; /* contact_thread_rank() of each */
	unsigned int begun;   /* rounds, where there are more than are looked at */
	unsigned int rounds;  /* complete ones */
	bool runs;            /* the one given last was running */
	bool started;
};

/*
 * The next thread to try, 0 if this round is over and none was fit (the next
 * call begins a new round). The first thread of the process is given at once,
 * without a look at the others, if it sleeps in a call in which an agent can
 * start: that is the fast way.
 */
pid_t contact_threads_next(struct contact_threads *threads,
			   const struct target *t);
/* Do all threads block the signal? Only system calls of the program's own can have
 * done that. */
bool contact_threads_block(const struct target *t);

/* Has it been sent the signal, or is it in the handler, and only wants for a
 * processor? */
bool contact_thread_is_late(const struct target *t, pid_t tid);

/* Has the agent's own thread, which has not connected yet, to wait for one? With
 * `any`: or is it so of any thread that was asked? */
bool contact_threads_late(const struct target *t, bool any);

void contact_threads_deinit(struct contact_threads *threads);

/* How likely can an agent start in a thread that is in this system call
 * (proc_syscall())? 0 is best. */
int contact_thread_rank(long number);

#endif
