/*
 * inject.h - bring the agent into a process that was started without it.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_INJECT_H
#define OPUS_INJECT_H

#include "target.h"

struct inject_report {
	pid_t thread;        /* that was borrowed */
	unsigned int tried;  /* threads that were stopped */
	uint64_t pause_ns;   /* longest time that one was stopped */
	uint64_t total_ns;
};

struct inject_request {
	const char *agent; /* its file */
	pid_t thread;      /* borrow this one; 0: any */
	bool check;        /* do all but load it */
	bool force;        /* although seccomp filters might kill the process */
	bool suspend;      /* suspend those that would */
};

/*
 * Load the agent into the process, so that
 * target_look() then finds it. The thread that is used goes on as if nothing had been, also
 * if this process is killed meanwhile; no other thread is stopped.
 *
 * The work is done in a child of ours: a thread that cannot be let go any more
 * (it sleeps in the kernel) is free when that child ends.
 * Errors: OPUS_ALREADY (it has an agent, as target_look() has found by now), OPUS_NO_AGENT (there can be none),
 * OPUS_NO_CONTACT (no thread was at a safe place), OPUS_NO_ANSWER,
 * OPUS_CONFINED, OPUS_PERMISSION, OPUS_DIED, OPUS_RESOURCE, OPUS_CANCELLED.
 */
enum opus_code inject_agent(struct target *t, const struct inject_request *request,
			    struct inject_report *ret, struct opus_error *err)
	MUST_CHECK;

/* Where the agent is installed, beside this program or where it was built;
 * static memory. */
const char *inject_agent_path(void);

#endif
