/*
 * room.h - is there memory left for what is to be loaded?
 *
 * Included by: inject.c, verb_apply.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_ROOM_H
#define OPUS_ROOM_H

#include <stddef.h>
#include <sys/types.h>

#include "common/error.h"

/*
 * Has the process' memory cgroup, and has each around that, room for `more` bytes,
 * beside what the agent itself takes? Where one is at its limit the kernel kills a
 * process in it for the next page. What cannot be found out is taken for room.
 * Errors: OPUS_RESOURCE.
 */
enum opus_code room_check(pid_t pid, size_t more, struct opus_error *err) MUST_CHECK;

#endif
