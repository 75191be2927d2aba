/*
 * altstack_sig.c - may the agent's handlers run on alternate signal stacks?
 *
 * Called by:  preload.c (note), late.c (avoid), signal_sig.c (answer).
 * Runs on:    any thread of the host, also in handlers.
 * Locks:      none.
 * Signal:     safe - see docs/style.md 6; checked by `make audit`.
 */
#include "altstack.h"

#include <stdint.h>
#include <sys/auxv.h>

#include "arch/x86_64/futex.h"
#include "common/start.h"
#include "stop_signal.h"

#ifndef SS_AUTODISARM /* <linux/signal.h>, which does not go with <signal.h> */
#define SS_AUTODISARM (1u << 31)
#endif

/* Address and thread of those that were seen last, one word each: half a hash of
 * the address, half the thread's id. One that is pushed out by another is seen
 * again when its next thread comes. */
#define SEEN 1024
static _Atomic uint64_t seen[SEEN];

START_DATA _Atomic bool altstack_avoided;
START_DATA _Atomic bool altstack_disarms;

void altstack_avoid(void)
{
	if (!atomic_exchange(&altstack_avoided, true))
		stop_signal_own_stack();
}

/* Of the kernel's frame, as large as it can be here (getauxval(3)), and of all
 * handlers of the agent, whose frames the compiler bounds. */
#define HANDLERS 1024
bool altstack_is_small_sig(size_t size)
{
	return size < getauxval(AT_MINSIGSTKSZ) + HANDLERS;
}

void altstack_note_sig(const stack_t *stack)
{
	uint64_t hash = (uintptr_t)stack->ss_sp * 0x9e3779b97f4a7c15u;
	uint64_t tid, old;

	if (stack->ss_flags & (int)SS_AUTODISARM)
		atomic_store(&altstack_disarms, true);
	if (stack->ss_size == 0 || stack->ss_flags & SS_DISABLE ||
	    atomic_load(&altstack_avoided))
		return;
	if (altstack_is_small_sig(stack->ss_size)) {
		altstack_avoid();
		return;
	}
	tid = (uint32_t)raw_gettid();
	hash &= 0xffffffff00000000u;
	old = atomic_exchange(&seen[hash >> 54], hash | tid);
	/* A thread that has ended may have left it to this one. */
	if ((old ^ hash) >> 32 != 0 || (uint32_t)old == tid || (uint32_t)old == 0 ||
	    raw_syscall3(SYS_tgkill, raw_getpid(), (uint32_t)old, 0) != 0)
		return;
	altstack_avoid();
}

_Atomic uint32_t altstack_answers;
_Atomic bool altstack_used;

void altstack_pass_sig(void)
{
	atomic_store(&altstack_used, true); /* for all that is known */
	atomic_fetch_add(&altstack_answers, 1);
}

void altstack_answer_sig(const ucontext_t *context)
{
	const stack_t *stack = &context->uc_stack;

	altstack_note_sig(stack);
	atomic_store(&altstack_used, stack->ss_size != 0);
	atomic_fetch_add(&altstack_answers, 1);
	futex_wake_all(&altstack_answers);
}
