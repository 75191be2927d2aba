/*
 * lock.h - nothing in this process becomes code any more, but what the agent
 * and the loader bring in. See docs/lock.md for what that stops.
 *
 * Included by: start.c; patch.c, table.c, text.c for the agent's own calls.
 * Runs on:     see each function.
 * Locks:       see each function.
 * Signal:      unsafe: heap, but for lock_memfd() and lock_map().
 */
#ifndef OPUS_LOCK_H
#define OPUS_LOCK_H

#include <stddef.h>

#include "common/error.h"

/*
 * Install the filter, in all threads. It stays for the life of the process and
 * of its children. Before main(); takes malloc's lock. Errors: OPUS_CONFINED, also
 * if some memory is writable and executable already; then nothing is locked.
 */
enum opus_code lock_install(struct opus_error *err) MUST_CHECK;

/* memfd_create(2), and mmap(2) of code from a file: the filter lets them pass by
 * the instructions of these two functions. No locks. errno as there. */
int lock_memfd(const char *name, unsigned int flags);
void *lock_map(void *at, size_t size, int protection, int flags, int fd,
	       long offset);

#endif
