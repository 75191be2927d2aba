/*
 * environment.h - the words that an agent finds at its start.
 *
 * Included by: launcher/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_ENVIRONMENT_H
#define OPUS_ENVIRONMENT_H

#include <stddef.h>

#include "common/error.h"

/* The agent that belongs to this opus-run: beside it, or in the lib folder
 * beside its bin folder. False if none is there. */
bool environment_agent(char *ret, size_t size);

/* LD_PRELOAD as it should be: what is there, then `agent`, unless an agent is
 * there already. Errors: OPUS_USAGE if it is too long. */
enum opus_code environment_preload(const char *agent, char *ret, size_t size,
				   struct opus_error *err) MUST_CHECK;

/* Add `text` to the list of words between colons in `name`. Errors:
 * OPUS_USAGE if it has a colon itself, OPUS_RESOURCE. */
enum opus_code environment_append(const char *name, const char *text,
				  struct opus_error *err) MUST_CHECK;

#endif
