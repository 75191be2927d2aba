/*
 * freezer.h - processes that a cgroup has frozen.
 *
 * Included by: contact.c, client.c, inject.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_FREEZER_H
#define OPUS_FREEZER_H

#include <stdbool.h>
#include <sys/types.h>

/* What to say of one; its argument is the cgroup's folder. */
#define FREEZER_WORDS "it is frozen by its cgroup %s; thaw it and try again"

enum { FREEZER_PATH = 512 };

/* Is the process frozen by its cgroup, or by one around it? `ret` is the folder
 * then. False also where that cannot be found out. */
bool freezer_holds(pid_t pid, char ret[FREEZER_PATH]);

#endif
