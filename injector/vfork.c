/*
 * vfork.c - stop vforked children by ptrace(2), for a moment.
 *
 * Called by:  update.c.
 * Runs on:    command; the stops in a child of it.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 *     opus-send             holder                  vforked child
 *     fork ---------------> PTRACE_INTERRUPT -----> stopped
 *     read how many <------ write
 *     the agent looks       poll: waits
 *     close --------------> hang-up: detach ------> goes on
 *
 * The kernel lets a child go on whose tracer has ended, and the holder ends with
 * us, so none stays stopped.
 */
#include "vfork.h"

#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "interrupt.h"
#include "remote.h"

#define HELD_MAX 16 /* as in the agent */
#define HELD_NS 5000000000ull /* should opus-send be stopped meanwhile */

/* The child that this thread sleeps for, or 0. It is the last one in the list,
 * but for orphans that the process has been given. */
static pid_t child_of(pid_t pid, pid_t tid)
{
	long number = proc_syscall(pid, tid);
	char path[64], *end;
	pid_t child = 0;

	if (number != SYS_vfork && number != SYS_clone && number != SYS_clone3)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, tid);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, NULL);

	for (char *at = text; at && (number = strtol(at, &end, 10)) > 0; at = end)
		child = (pid_t)number;
	return child && syscall(SYS_kcmp, tid, child, KCMP_VM, 0, 0) == 0 ? child
									  : 0;
}

/* In the holder. */
static void hold(const void *data, int tell, int end)
{
	const struct target *t = data;
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	struct remote *r = calloc(HELD_MAX, sizeof(*r));
	ssize_t count = r ? proc_threads(t->pid, &tids) : 0;
	struct opus_error ignored;
	struct proc_status s;
	uint8_t held = 0;
	struct pollfd asked = {.fd = end};

	for (ssize_t i = 0; i < count && held < HELD_MAX; i++) {
		pid_t child = proc_status_read(t->pid, tids[i], &s) &&
			      s.state == 'D' ? child_of(t->pid, tids[i]) : 0;

		if (child && remote_attach(&r[held], child, child, NULL,
					   &ignored) == OPUS_OK)
			held++;
	}
	if (write(tell, &held, 1) == 1 && held)
		(void)interrupt_poll(&asked, 1, interrupt_clock() + HELD_NS, true);
	while (held > 0)
		remote_detach(&r[--held]);
}

bool vfork_hold(const struct target *t, struct child *holder)
{
	struct opus_error ignored;
	uint8_t held = 0;

	if (child_hold(holder, hold, t, &held, 1, &ignored) == OPUS_OK && held == 0)
		vfork_release(holder);
	return held != 0;
}

void vfork_release(struct child *holder)
{
	child_release(holder, HELD_NS);
}
