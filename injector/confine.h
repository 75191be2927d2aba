/*
 * confine.h - would seccomp filters let the agent work?
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_CONFINE_H
#define OPUS_CONFINE_H

#include "target.h"

/*
 * Read the filters of every thread of the process that has some, and ask them
 * about every system call of the agent (common/calls.h). Threads with a filter
 * are stopped for that, one after the other, each for a fraction of a
 * millisecond; if a preloaded agent has seen no filter come, one of those with as
 * many. Nothing is changed.
 * OPUS_OK: all are allowed, or fail without harm. Errors: OPUS_CONFINED (which
 * call, and what the filter does; or the filters cannot be read: the words say
 * why), OPUS_DIED, OPUS_RESOURCE.
 */
enum opus_code confine_check(const struct target *t, struct opus_error *err)
	MUST_CHECK;

/* The same, where this process may be the tracer itself (see child.h). */
enum opus_code confine_check_here(const struct target *t,
				  struct opus_error *err) MUST_CHECK;

/* The same for one thread, which remote_attach() has stopped. */
struct remote;
enum opus_code confine_check_stopped(struct remote *r, struct opus_error *err)
	MUST_CHECK;

#endif
