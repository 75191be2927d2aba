/*
 * give.h - hand the agent what its process cannot see for itself.
 *
 * Included by: client.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap, loader.
 */
#ifndef OPUS_GIVE_H
#define OPUS_GIVE_H

#include "client.h"

/*
 * After a HELLO that names needs: the process's folder of /proc, if ours has
 * the same process ids, and the files of libunwind, if the process has another
 * root than we. What cannot be given is left out: the agent refuses what it
 * cannot do without it, and says so.
 * Errors: those of the connection, see client_result().
 */
enum opus_code give(struct client *c, struct opus_error *err) MUST_CHECK;

#endif
