/*
 * cleanup.h - release a resource when its variable leaves scope.
 *
 * Included by: all parts, but not by code that runs in a signal handler.
 * Runs on:     any thread.
 * Locks:       none of its own.
 * Signal:      unsafe: heap (free).
 */
#ifndef OPUS_CLEANUP_H
#define OPUS_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Give the value away: the variable no longer owns it. */
static inline int fd_steal(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}

#endif
