/*
 * interrupt.h - let ^C end a wait, and nothing else.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      the handler sets one variable.
 *
 * SIGINT, SIGTERM and SIGHUP stay blocked but for the moments in which
 * interrupt_poll() sleeps, so that no step can be left half done: who waits
 * learns of it, tells the agent, and removes the socket on the usual path.
 */
#ifndef OPUS_INTERRUPT_H
#define OPUS_INTERRUPT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Catch and block the three signals. Once, before the first contact. */
void interrupt_catch(void);

/* Was one of them there? Then its number, else 0. */
int interrupt_seen(void);

/* CLOCK_MONOTONIC. */
uint64_t interrupt_clock(void);

enum interrupt_poll {
	INTERRUPT_READY,   /* look at revents */
	INTERRUPT_TIMEOUT, /* the clock has passed `until_ns` */
	INTERRUPT_SIGNAL,  /* one of the signals came, see interrupt_seen() */
};

/*
 * poll(2) until the clock shows `until_ns` (UINT64_MAX: no limit). With `deaf`
 * the signals stay blocked: for short waits that have to come to their end.
 */
enum interrupt_poll interrupt_poll(struct pollfd *fds, nfds_t count,
				   uint64_t until_ns, bool deaf);

#endif
