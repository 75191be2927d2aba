/*
 * beacon_read.h - find the agent's beacon in another process.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_BEACON_READ_H
#define OPUS_BEACON_READ_H

#include <stdbool.h>

#include "common/beacon.h"
#include "proc.h"

#define BEACON_AGENT_FILE "libopus-agent.so"
#define BEACON_PAGE 4096u

/* Is this the path of a mapping of the agent: its file, or the memfd that
 * opus-inject makes, deleted or not? */
bool beacon_path_matches(const char *path);

/* Is a private writable mapping of the agent in this text of /proc/PID/maps?
 * Changes the text like proc_maps_next(). */
bool beacon_maps_have_agent(char *maps);

/*
 * Find and copy the beacon of the process that is seen through `view`, whose
 * mappings are the text `maps` (changed on the way). `*ret_at` is its address:
 * after an exec it is another one.
 * Errors: OPUS_NO_AGENT (not mapped, or not ready), OPUS_VERSION,
 * OPUS_PERMISSION, OPUS_DIED. An agent that is switched off is no error here.
 */
enum opus_code beacon_read(pid_t view, char *maps, struct beacon *ret,
			   uint64_t *ret_at, struct opus_error *err) MUST_CHECK;

/* Copy the beacon at a known address, between two writes of the agent. */
enum opus_code beacon_copy(pid_t view, uint64_t at, struct beacon *ret,
			   struct opus_error *err) MUST_CHECK;

/* Hold a beacon against what this program understands, whatever it contains.
 * Errors: OPUS_NO_AGENT, OPUS_VERSION. */
enum opus_code beacon_check(struct beacon *b, struct opus_error *err) MUST_CHECK;

/* The control thread of the process, by its name; 0: there is none. */
pid_t beacon_thread(pid_t pid);

#endif
