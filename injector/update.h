/*
 * update.h - start an update and see it to its end.
 *
 * Included by: verb_apply.c, verb_revert.c, verb_wait.c, verb_cancel.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_UPDATE_H
#define OPUS_UPDATE_H

#include "client.h"
#include "report.h"

/* Flags of WIRE_APPLY and WIRE_REVERT for these options. */
uint32_t update_flags(const struct options *o);

/*
 * Send APPLY or REVERT (`fd` is the patch, or -1) and see it to its end; with
 * --retry again and again: wait while it is pending as the options say, and
 * cancel it at their time limit. All goes into `r`.
 */
void update_run(struct client *c, const struct options *o, enum wire_type type,
		struct wire_head *request, size_t size, int fd, struct report *r);

/*
 * Wait until the pending update ends, at most until the clock shows `until_ns`
 * (interrupt_clock()). What is left then is cancelled if `cancel` is set, else
 * it stays pending.
 */
void update_wait(struct client *c, const struct options *o, uint64_t until_ns,
		 bool cancel, struct report *r);

#endif
