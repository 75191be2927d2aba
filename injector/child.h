/*
 * child.h - do something in a process of its own.
 *
 * Included by: inject.c, confine.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * For all that attaches to other processes: a thread that cannot be let go,
 * because it sleeps in the kernel, is free when its tracer ends.
 */
#ifndef OPUS_CHILD_H
#define OPUS_CHILD_H

#include <stddef.h>

#include "common/error.h"

/*
 * Call work(data, err) in a child. Its code and error are returned, and the
 * `size` bytes at `result`, which lie in `data` or are reached by it, are
 * copied back. OPUS_INTERNAL if the child was killed, OPUS_RESOURCE.
 */
enum opus_code child_run(enum opus_code (*work)(void *data, struct opus_error *err),
			 void *data, void *result, size_t size,
			 struct opus_error *err) MUST_CHECK;

#endif
