/*
 * progress.h - say who is waited for, while it is waited.
 *
 * Included by: update.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_PROGRESS_H
#define OPUS_PROGRESS_H

#include "report.h"

struct progress {
	bool off;        /* --json */
	bool terminal;   /* one line, rewritten; else a line per change */
	bool shown;      /* a line stands on the terminal */
	uint64_t last;   /* digest of the threads that were printed last */
	pid_t pid;
};

void progress_init(struct progress *p, const struct options *o, pid_t pid);
/* From now on others write to the same terminal: no line is rewritten. */
void progress_share(void);
/* Print to standard error, if there is anything new. */
void progress_show(struct progress *p, const struct report *r,
		   const struct wire_progress *now);
/* Take the line from the terminal. */
void progress_deinit(struct progress *p);

#endif
