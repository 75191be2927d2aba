/*
 * safe.h - what programs say to their agent, seen from inside.
 *
 * Included by: update.c, agent.c.
 * Runs on:     see each function.
 * Locks:       none.
 * Signal:      safe: one word is read.
 */
#ifndef OPUS_AGENT_SAFE_H
#define OPUS_AGENT_SAFE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Sections, of all threads, in which no update may begin. Threads of the host
 * write it; the agent thread reads it, before the stop and during it. */
extern _Atomic uint32_t safe_deferred;

/* In the child of fork(): the sections of other threads are gone. */
void safe_forked(void);

#endif
