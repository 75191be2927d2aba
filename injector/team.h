/*
 * team.h - deal with several processes at a time.
 *
 * Included by: injector/.
 * Runs on:     command, and forked helpers of it.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_TEAM_H
#define OPUS_TEAM_H

#include "report.h"

/* One process, and what came of it. */
struct team_job {
	struct target *t;
	struct report report;
	bool done;      /* `report` is whole */
	bool counts;    /* set by `work`, for `tell` */
	bool may_wait;  /* the caller's, as is `seen` */
	size_t seen;
};

typedef void (*team_step)(void *data, struct team_job *job);

/*
 * Do `work` to each job, and `tell` in their order, each as soon as those before
 * it were told. Between the two lies a time in which others are worked on: with
 * `many`, and jobs and processors enough, `work` runs in helpers. It may then
 * change nothing that is used afterwards but the job's `counts`, its target, and
 * its report, of which threads come back without frames, and patches and lines do
 * not. `tell` runs in this process. After a signal that asks us to stop (interrupt.h) no
 * further work is begun, and what was not begun is not told.
 * Returns how many were told.
 */
size_t team_run(struct team_job *jobs, size_t count, bool many, team_step work,
		team_step tell, void *data);

#endif
