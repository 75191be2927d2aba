/*
 * load.h - let the thread that was made in the target load the agent.
 *
 * Included by: inject.c.
 * Runs on:     command, in a child of it.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_LOAD_H
#define OPUS_LOAD_H

#include <stdbool.h>

#include "image.h"
#include "playground.h"
#include "target.h"

/* Write the agent into the memfd, which is `file` here, and let the new thread
 * load it, or, after OPUS_RESOURCE, end. */
enum opus_code load_begin(struct playground *p, int file,
			  const struct image *image, struct opus_error *err)
	MUST_CHECK;

/* Wait for that; `at` is where the target has its data. `suspend`: the thread is
 * traced, and served meanwhile. Errors: OPUS_NO_AGENT (the loader's words),
 * OPUS_DIED, OPUS_NO_ANSWER (it goes on). */
enum opus_code load_wait(struct playground *p, const struct target *t, uint64_t at,
			 bool suspend, struct opus_error *err) MUST_CHECK;

/* The new thread is traced to its end, that its filters stay suspended. */
void load_end(void);

#endif
