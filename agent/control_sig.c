/*
 * control_sig.c - wake the control thread.
 *
 * Called by:  contact_sig.c, library.c; gate_sig.c by gate_notify, hence with
 *             general registers only.
 * Runs on:    any thread of the host, in a handler or at a patched entry.
 * Locks:      none.
 * Signal:     safe - see docs/style.md 6; checked by `make audit`.
 */
#include "contact.h"

#include "agent.h"
#include "own_signal.h"

_Atomic int control_tid;
_Atomic bool control_woken;
_Atomic bool control_sleeping;

void control_wake_sig(void)
{
	int tid = atomic_load(&control_tid);
	siginfo_t info;

	if (tid == 0 || atomic_exchange(&control_woken, true))
		return;
	info = own_signal(agent_signal);
	own_signal_send(&info, (uint32_t)tid, CONTROL_WAKE_TAG << 56);
}

bool control_sleeps_sig(void)
{
	return atomic_load(&control_sleeping);
}
