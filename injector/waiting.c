/*
 * waiting.c - find the threads that wait in libc's syscall().
 *
 * Called by:  inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * What for they need it, agent/late.h tells. Nobody is stopped.
 */
#include "waiting.h"

#include "common/cleanup.h"
#include "common/waits.h"
#include "proc.h"

void waiting_note_stopped(const struct user_regs_struct *regs, uint64_t code,
			  struct image *image)
{
	if (code && regs->rip - code < WAITS_SYSCALL)
		image_join(image, regs);
}

static void thread_note(const struct target *t, pid_t tid, uint64_t code,
			struct image *image)
{
	struct user_regs_struct r = {0};
	unsigned long w[PROC_SYSCALL_WORDS];
	long number;

	if (!proc_syscall_words(t->pid, tid, &number, w))
		return;
	r.orig_rax = (uint64_t)number;
	r.rdi = w[0];
	r.rsi = w[1];
	r.rsp = w[6];
	r.rip = w[7];
	waiting_note_stopped(&r, code, image);
}

void waiting_note(const struct target *t, uint64_t code, struct image *image)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids);

	for (ssize_t i = 0; i < count; i++)
		thread_note(t, tids[i], code, image);
}
