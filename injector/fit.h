/*
 * fit.h - can the agent work in this process?
 *
 * Included by: inject.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_FIT_H
#define OPUS_FIT_H

#include "module.h"
#include "playground.h"

/* Find the functions that the playground calls, and look for what the agent could
 * not live with. OPUS_NO_AGENT: the words say what it is. */
enum opus_code fit_check(const struct modules *m, struct playground *ret,
			 struct opus_error *err) MUST_CHECK;

#endif
