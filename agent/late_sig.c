/*
 * late_sig.c - which call of syscall() is a thread in that waits in libc's?
 *
 * Called by:  restart_sig.c.
 * Runs on:    any thread of the host program, in the handler.
 * Locks:      none.
 * Signal:     safe - see docs/style.md 6; checked by `make audit`.
 */
#include "late.h"

#include <stdbool.h>
#include <sys/syscall.h>

struct late_call late_calls[LATE_CALLS];
_Atomic uint32_t late_count;
_Atomic uintptr_t late_return;

/* No two threads have one stack pointer. The arguments tell another call that is
 * made from the same place, by a pointer that the program has copied; nanosleep's
 * first one is changed by the agent. */
static bool is_call(const struct late_call *c, const greg_t *g)
{
	return atomic_load(&c->sp) == (uintptr_t)g[REG_RSP] &&
	       c->second == (uint64_t)g[REG_RSI] &&
	       (c->first == (uint64_t)g[REG_RDI] || c->number == SYS_nanosleep);
}

long late_number_sig(const greg_t *g, const uint8_t *at)
{
	uint32_t count = atomic_load(&late_count);

	if ((uintptr_t)at + 2 != atomic_load(&late_return))
		return -1;
	for (uint32_t i = 0; i < count; i++)
		if (is_call(&late_calls[i], g))
			return late_calls[i].number;
	return -1;
}
