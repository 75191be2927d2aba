/*
 * signal_sig.c - the agent's signals: a stop, a contact, or none of ours.
 *
 * Called by:  the kernel.
 * Runs on:    any thread of the host program, at any instruction, with every
 *             signal blocked (sa_mask), on the alternate stack if there is one.
 * Locks:      none here.
 * Signal:     safe; errno is kept because a contact creates a thread.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "agent.h"
#include "altstack.h"
#include "common/wire.h"
#include "contact.h"
#include "filter.h"
#include "restart.h"
#include "stop.h"
#include "stop_signal.h"
#include "tls.h"

/* Glibc sends the same signal, by tgkill(2) and without a value. */
static bool is_ours(int code, uint64_t tag)
{
	return (code == SI_QUEUE && (tag == STOP_TAG || tag == WIRE_CONTACT_TAG ||
				     tag == CONTROL_WAKE_TAG || tag == ALTSTACK_TAG)) ||
	       (code == SI_TIMER && tag == WIRE_CONTACT_TAG);
}

static void work_sig(const siginfo_t *info, uint64_t value, ucontext_t *context)
{
	if (info->si_code == SI_TIMER)
		contact_retry_sig(info, context);
	if (info->si_code != SI_QUEUE)
		return;
	switch (value >> 56) {
	case STOP_TAG:
		stop_park_sig((uint32_t)(value >> 32 & 0xffffff),
			      (uint32_t)value, context);
		break;
	case WIRE_CONTACT_TAG:
		contact_sig(value, context);
		break;
	case ALTSTACK_TAG:
		altstack_answer_sig(context);
		break;
	}
}

/* That it was run at all: a program may have put another handler in its place. */
static void contact_count(int code, uint64_t value)
{
	if (code == SI_QUEUE && value >> 56 == WIRE_CONTACT_TAG)
		__atomic_add_fetch(&opus_beacon.contacts, 1, __ATOMIC_RELAXED);
}

/* A contact, or a question, from before a filter that may kill for all that we do. */
static bool is_unknown_filter(int code, uint64_t value)
{
	return (code == SI_QUEUE || code == SI_TIMER) &&
	       (value >> 56 == WIRE_CONTACT_TAG || value >> 56 == ALTSTACK_TAG) &&
	       !filter_is_known_sig(value);
}

/* Without thread-local storage, errno included. */
static void handle_bare_sig(int code, uint64_t value, ucontext_t *context)
{
	contact_count(code, value);
	if (code == SI_QUEUE && value >> 56 == STOP_TAG && agent_usable())
		stop_bare_sig(value);
	else if (code == SI_QUEUE && value >> 56 == ALTSTACK_TAG)
		altstack_pass_sig();
	restart_barely_sig(context);
}

void signal_handle_sig(int signo, siginfo_t *info, void *context)
{
	uint64_t value = (uint64_t)info->si_value.sival_ptr;
	int saved;

	if (!tls_there_sig()) {
		handle_bare_sig(info->si_code, value, context);
		return;
	}
	saved = errno;
	((ucontext_t *)context)->uc_link = (ucontext_t *)CONTACT_OWN_FRAME;
	contact_count(info->si_code, value);
	/* Anything that is not ours, a plain kill(1) with our number for
	 * instance, is nothing to us and must be nothing to the host. */
	if (signo == SIGNAL_SETXID && !is_ours(info->si_code, value >> 56)) {
		stop_signal_forward_sig(signo, info, context);
	} else if (info->si_code == SI_QUEUE && value >> 56 == CONTROL_WAKE_TAG &&
		   control_sleeps_sig()) {
		return; /* with EINTR */
	} else if (is_unknown_filter(info->si_code, value)) {
		if (value >> 56 == ALTSTACK_TAG)
			altstack_pass_sig();
		restart_silently_sig(context);
		return;
	} else if (agent_usable()) {
		work_sig(info, value, context);
	}
	/* A contact, or a stray signal, has interrupted the call as well. */
	restart_system_call_sig(context);
	restart_finish_sig(context);
	errno = saved;
}
