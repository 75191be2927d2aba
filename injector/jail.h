/*
 * jail.h - join a process that has no /proc in its root folder.
 *
 * Included by: inject.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_JAIL_H
#define OPUS_JAIL_H

#include "remote.h"
#include "target.h"

/* Has it none? Then jail_give() is needed to load anything. */
bool jail_is(pid_t view);

/* May it be joined so? OPUS_NO_AGENT: a seccomp filter is on, which was not
 * asked for the calls that this takes. */
enum opus_code jail_check(const struct target *t, struct opus_error *err) MUST_CHECK;

/* Memory that is mapped here and in the target. */
struct jail_memory {
	void *here;
	uint64_t there;
};
#define JAIL_MEMORY 256 /* bytes */

/*
 * Give the process its own folder of /proc as a descriptor, by calls in the
 * borrowed thread. It can reach more of the machine by that than by its root:
 * it is closed as soon as the agent is loaded. `*ret` is the number there.
 */
enum opus_code jail_give(struct remote *r, pid_t view, struct jail_memory m,
			 int *ret, struct opus_error *err) MUST_CHECK;

#endif
