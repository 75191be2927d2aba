/*
 * interrupt.c - let ^C end a wait, and nothing else.
 *
 * Called by:  contact.c, client.c, send_main.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     the handler sets one variable.
 */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t interrupt_number;
static sigset_t interrupt_open; /* the mask as it was */

static void interrupt_handle(int number)
{
	interrupt_number = number;
}

void interrupt_catch(void)
{
	struct sigaction act = {.sa_handler = interrupt_handle}, old;
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* Ignored by nohup(1) or a shell's `&`: leave it so. */
		if (sigaction(numbers[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(numbers[i], &act, NULL);
		sigaddset(&set, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &interrupt_open);
	signal(SIGPIPE, SIG_IGN);
}

int interrupt_seen(void)
{
	return interrupt_number;
}

uint64_t interrupt_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

enum interrupt_poll interrupt_poll(struct pollfd *fds, nfds_t count,
				   uint64_t until_ns, bool deaf)
{
	for (;;) {
		uint64_t now = interrupt_clock();
		uint64_t left = until_ns > now ? until_ns - now : 0;
		struct timespec t = {(time_t)(left / 1000000000u),
				     (long)(left % 1000000000u)};
		int n;

		/* Also if it came in an earlier wait, or before any. */
		if (!deaf && interrupt_number)
			return INTERRUPT_SIGNAL;
		n = ppoll(fds, count, until_ns == UINT64_MAX ? NULL : &t,
			  deaf ? NULL : &interrupt_open);
		if (n > 0)
			return INTERRUPT_READY;
		if (n == 0)
			return INTERRUPT_TIMEOUT;
	}
}
