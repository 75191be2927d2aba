/*
 * hurry.h - the command and the agent's thread go before other threads.
 *
 * Included by: client.c, send_main.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_HURRY_H
#define OPUS_HURRY_H

#include "target.h"

/* Give this process the highest ordinary priority, if it may have that. */
void hurry_self(void);

/*
 * The same for the agent's thread, which the target knows as `inner_tid` (0:
 * unknown). It stays so for its life, which ends with the conversation or with
 * the update that it leaves pending; a thread that a hook makes is not concerned.
 * Nothing happens without the right to do so (CAP_SYS_NICE), and nobody need know.
 */
void hurry_agent(const struct target *t, pid_t inner_tid);

#endif
