/*
 * suspend.h - suspend seccomp filters while the agent works.
 *
 * Included by: client.c, inject.c, load.c, remote.c.
 * Runs on:     command; the holding in a child of it.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * PTRACE_O_SUSPEND_SECCOMP (ptrace(2)): while a thread is traced so, its filters
 * are not asked. Only where the user wants it: a filter that kills does so for
 * the first call that is made without, also if the tracer is killed.
 */
#ifndef OPUS_SUSPEND_H
#define OPUS_SUSPEND_H

#include <stdbool.h>
#include <sys/types.h>

#include "child.h"
#include "target.h"

/*
 * Suspend the filters of all threads of the process, and of those that it makes.
 * They run on. After OPUS_OK nobody else can trace the process until
 * suspend_end(). Errors: OPUS_CONFINED (we may not, or the kernel cannot),
 * OPUS_NO_CONTACT (somebody else traces it), OPUS_DIED, OPUS_RESOURCE.
 */
enum opus_code suspend_begin(const struct target *t, struct child *holder,
			     struct opus_error *err) MUST_CHECK;

/* Our connection to the agent is closed: let the filters apply again as soon as
 * its thread has ended and nobody runs its code. */
void suspend_end(struct child *holder);

/* Can it be of use? Not in seccomp's strict mode, in which the processor does not
 * let a thread read its clock either. OPUS_CONFINED. */
enum opus_code suspend_check(const struct target *t, struct opus_error *err)
	MUST_CHECK;

/* ptrace's options for a thread of the process, and the words for a refusal. */
unsigned long suspend_options(void);
enum opus_code suspend_refused(int error, pid_t tid, struct opus_error *err);

/* Let stopped tracees of this process go on, with their signals. False if there
 * is none left. `over`: signals that the agent has queued are dropped. */
bool suspend_serve(bool over);

#endif
