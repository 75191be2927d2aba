/*
 * follow.h - give the agent to programs that this process starts.
 *
 * Included by: agent.c.
 * Runs on:     constructor.
 * Locks:       malloc's.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_FOLLOW_H
#define OPUS_FOLLOW_H

/* Resolve libc's functions, and remember what common/start.h says to follow:
 * programs write over their environment. */
void follow_init(void);

#endif
