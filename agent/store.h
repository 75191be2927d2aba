/*
 * store.h - apply what the store holds for this process.
 *
 * Included by: start.c, control.c, agent.c.
 * Runs on:     see each function.
 * Locks:       the loader's and malloc's.
 * Signal:      unsafe: heap, loader.
 */
#ifndef OPUS_AGENT_STORE_H
#define OPUS_AGENT_STORE_H

#include <stdbool.h>
#include <stdint.h>

/* Is there a store? Then libraries that come later are looked up in it. Set
 * before main(). */
extern bool store_there;

/* May there be a patch that was not tried yet for what is loaded now? Cheap:
 * a path per object. The thread that starts, or agent thread. */
bool store_concerns(void);

/*
 * Apply those patches, in the order in which they were added. What fails is
 * logged and left out: a patch must not keep a service from starting. The
 * thread that starts, before main(), or the agent thread. `flags`: as of
 * start_apply(). False: another try may have more success soon.
 */
bool store_apply(uint32_t flags);

#endif
