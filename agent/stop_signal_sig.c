/*
 * stop_signal_sig.c - take SIGSETXID over, and pass on what is glibc's.
 *
 * Called by:  stop.c before a stop; signal_sig.c; follow.c around exec.
 * Runs on:    agent thread (prepare); any thread, in the handler (forward) or
 *             not (leave, stay).
 * Locks:      none.
 * Signal:     safe - see docs/style.md 6; checked by `make audit`.
 *
 * sigaction(3) refuses 33, so the system call is made directly, with the
 * kernel's own struct. glibc sets its handler once, when the first thread is
 * created (pthread_create.c, late_init); the agent thread is one, so by the
 * first stop it is there.
 */
#include "stop_signal.h"

#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "altstack.h"
#include "arch/x86_64/futex.h"
#include "arch/x86_64/raw.h"

/* struct kernel_sigaction of the kernel's x86-64 ABI. */
struct kernel_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* A handler that is written back while another thread has it ignored for its exec
 * would be none in the new program, and a signal on its way be the end of that. So
 * each tells of itself first and then looks at the other. */
#define LEAVE_WAIT_NS 1000000000u
static _Atomic uint32_t changing, leaving;

static bool change_begin(void)
{
	atomic_fetch_add(&changing, 1);
	if (atomic_load(&leaving) == 0)
		return true;
	atomic_fetch_sub(&changing, 1);
	return false;
}

static void change_end(void)
{
	atomic_fetch_sub(&changing, 1);
}

int stop_signal_number;
static struct kernel_sigaction glibc_action, our_action;

static long action_of(int signo, const struct kernel_sigaction *set,
		      struct kernel_sigaction *get)
{
	return raw_syscall6(SYS_rt_sigaction, signo, (long)set, (long)get,
			    sizeof(uint64_t), 0, 0);
}

static long action(const struct kernel_sigaction *set, struct kernel_sigaction *get)
{
	return action_of(SIGNAL_SETXID, set, get);
}

static void take_over(void)
{
	struct kernel_sigaction now;

	if (action(NULL, &now) != 0 || now.handler == signal_handle_sig ||
	    (uintptr_t)now.handler <= 1 || !now.restorer)
		return; /* ours already, or SIG_DFL or SIG_IGN: not glibc's */
	glibc_action = now;
	now.handler = signal_handle_sig;
	now.flags |= SA_SIGINFO | SA_RESTART | SA_ONSTACK;
	if (atomic_load(&altstack_avoided))
		now.flags &= ~(unsigned long)SA_ONSTACK; /* glibc has it, too */
	now.mask = ~(uint64_t)0;
	our_action = now;
	if (action(&now, NULL) == 0)
		stop_signal_number = SIGNAL_SETXID;
}

void stop_signal_prepare(void)
{
	if (stop_signal_number == 0)
		stop_signal_number = agent_signal; /* 0 when it is still to be chosen */
	if (!change_begin())
		return;
	take_over();
	change_end();
}

static void own_stack(int signo)
{
	struct kernel_sigaction now;

	if (signo == 0 || action_of(signo, NULL, &now) != 0 ||
	    now.handler != signal_handle_sig)
		return;
	now.flags &= ~(unsigned long)SA_ONSTACK;
	action_of(signo, &now, NULL);
}

void stop_signal_own_stack(void)
{
	our_action.flags &= ~(unsigned long)SA_ONSTACK;
	if (!change_begin())
		return;
	own_stack(SIGNAL_SETXID);
	own_stack(agent_signal);
	change_end();
}

void stop_signal_forward_sig(int signo, siginfo_t *info, void *context)
{
	if (signo == SIGNAL_SETXID && glibc_action.handler)
		glibc_action.handler(signo, info, context);
}

static void mask_change(long how)
{
	const uint64_t set = 1ul << (SIGNAL_SETXID - 1);

	raw_syscall6(SYS_rt_sigprocmask, how, (long)&set, 0, sizeof(set), 0, 0);
}

/* On the alternate stack it would run over the handler that waits there. */
bool stop_signal_open(void)
{
	if (!change_begin())
		return false;
	own_stack(SIGNAL_SETXID);
	mask_change(SIG_UNBLOCK);
	return true;
}

void stop_signal_shut(void)
{
	struct kernel_sigaction now;

	mask_change(SIG_BLOCK);
	/* Not if a program that waited no longer has it ignored. */
	if (our_action.handler && action(NULL, &now) == 0 &&
	    now.handler == signal_handle_sig)
		action(&our_action, NULL);
	change_end();
}

/* Blocked it may not be: a new program with threads that calls setuid() would
 * wait for ever for one that inherited this. glibc installs its own handler
 * when it makes the first thread. */
void stop_signal_leave(bool shared)
{
	struct kernel_sigaction ignore = our_action;
	uint64_t end = raw_now() + LEAVE_WAIT_NS;

	if (shared) {
		atomic_fetch_add(&leaving, 1);
		while (atomic_load(&changing) != 0 && raw_now() < end)
			raw_sleep(100000);
	}
	ignore.handler = (void (*)(int, siginfo_t *, void *))(void *)SIG_IGN;
	if (our_action.handler)
		action(&ignore, NULL);
}

void stop_signal_stay(bool shared)
{
	if (our_action.handler)
		action(&our_action, NULL);
	if (shared)
		atomic_fetch_sub(&leaving, 1);
}

void stop_signal_forked(void)
{
	atomic_store(&changing, 0);
	atomic_store(&leaving, 0);
}
