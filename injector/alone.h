/*
 * alone.h - two tools at once must not bring two agents in.
 *
 * Included by: inject.c.
 * Runs on:     command.
 * Locks:       flock(2) on a file of /proc.
 * Signal:      unsafe: heap.
 *
 * Two agents in one process would undo each other, and none is there before it is
 * loaded. A process' own file of /proc can be locked by whoever may attach to it,
 * and by nobody who may not; a child that works holds the lock with us, and the
 * kernel gives it back for the dead.
 */
#ifndef OPUS_ALONE_H
#define OPUS_ALONE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"

/*
 * Wait until nobody else joins the process. Closing `*ret` lets others; it is -1
 * where there is no such file for us, which a later step explains.
 * Errors: OPUS_NO_CONTACT (somebody takes too long), OPUS_CANCELLED.
 */
enum opus_code alone_lock(pid_t pid, int *ret, struct opus_error *err) MUST_CHECK;

/* Does a thread load an agent whose tool was killed, or waits no longer? */
bool alone_is_loading(pid_t view);

#endif
