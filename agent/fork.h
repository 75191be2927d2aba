/*
 * fork.h - no fork while the agent thread holds what a child would need.
 *
 * Included by: agent.c, guard.c, object.c, patch.c, unwind.c.
 * Runs on:     see each function.
 * Locks:       one of its own, and waits for it with a limit only.
 * Signal:      fork_begin and fork_end are safe, as fork(3) has to be.
 */
#ifndef OPUS_FORK_H
#define OPUS_FORK_H

/* From fork_hold() to fork_let() nobody forks: the agent thread is about to take
 * locks of the loader. They nest. Agent thread, or the first one before main(). */
void fork_hold(void);
void fork_let(void);

/* Constructor: find libc's fork(). */
void fork_init(void);

/* Around fork(), in the thread that forks: wait until the agent thread lets go;
 * in the parent, say that it is over. They nest. */
void fork_begin(void);
void fork_end(void);
/* In the child, instead of fork_end(). */
void fork_child(void);

#endif
