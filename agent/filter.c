/*
 * filter.c - the host installs a seccomp filter: not while the agent works.
 *
 * Called by:  the host program in place of libc's prctl(), and by syscall().
 * Runs on:    any thread of the host program.
 * Locks:      the agent thread's place, as control_hold().
 * Signal:     unsafe: waits, 2 s at most. Other calls are passed on at once.
 *
 * opus-send asks the filters before it contacts a process. A filter that comes
 * between the question and the end of the work was not asked, and may kill for
 * the first call of a handler; sshd's sessions install one a few milliseconds
 * after their start (measured: 6 of 1911 children died in 86 updates). So the
 * work and the installing exclude each other: the thread lets in no contact,
 * drops those that are there, waits until the agent thread has ended, and
 * installs. A contact whose sender knows of no filter is not answered then. It is
 * not even let in where the filter would not let a handler return.
 */
#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "agent.h"
#include "arch/x86_64/raw.h"
#include "common/bpf.h"
#include "contact.h"
#include "control.h"
#include "stop_signal.h"

#define PUBLIC __attribute__((visibility("default")))

struct install {
	uint64_t own;    /* the contact signal; 0: it cannot be blocked */
	uint64_t before; /* the thread's mask */
	bool held;       /* control_hold() */
};

static bool installs(long number, long a, long b)
{
	return number == SYS_seccomp
		? a == SECCOMP_SET_MODE_FILTER || a == SECCOMP_SET_MODE_STRICT
		: a == PR_SET_SECCOMP && b != SECCOMP_MODE_DISABLED;
}

static void install_begin(struct install *i)
{
	const struct timespec at_once = {0, 0};

	/* An agent that came late has libc's signal, which setuid() waits for. */
	if (agent_signal && agent_signal != SIGNAL_SETXID)
		i->own = 1ul << (agent_signal - 1);
	raw_syscall6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&i->own,
		     (long)&i->before, sizeof(i->own), 0, 0);
	contact_filtered();
	while (i->own && raw_syscall6(SYS_rt_sigtimedwait, (long)&i->own, 0,
				      (long)&at_once, sizeof(i->own), 0, 0) > 0)
		;
	i->held = control_hold();
}

static bool is_allowed(const struct sock_fprog *program, int number, long a)
{
	struct seccomp_data call = {
		.nr = number, .arch = AUDIT_ARCH_X86_64,
		.instruction_pointer = (uintptr_t)is_allowed,
		.args = {(uint64_t)a, (uintptr_t)&call, 0, sizeof(uint64_t)},
	};
	uint32_t answer = bpf_run(program->filter, program->len, &call) &
			  SECCOMP_RET_ACTION_FULL;

	return answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_LOG;
}

/* `program`: the filter that is on now; NULL: none, or strict mode. */
static void install_end(const struct install *i, bool installed,
			const struct sock_fprog *program)
{
	if (!installed)
		contact_unfiltered();
	if (i->held)
		control_let();
	if (!(i->own & ~i->before))
		return;
	if (!installed || (program &&
			   is_allowed(program, SYS_rt_sigprocmask, SIG_SETMASK) &&
			   is_allowed(program, SYS_rt_sigreturn, 0)))
		raw_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&i->before, 0,
			     sizeof(i->before), 0, 0);
}

static long install(long number, long a, long b, long c, long d, long e)
{
	struct install i = {.own = 0};
	bool strict = number == SYS_seccomp ? a == SECCOMP_SET_MODE_STRICT
					    : b == SECCOMP_MODE_STRICT;
	long rc;

	install_begin(&i);
	rc = raw_syscall6(number, a, b, c, d, e, 0);
	install_end(&i, rc == 0, strict ? NULL : (const struct sock_fprog *)c);
	return rc;
}

long filter_call(long number, long a, long b, long c, long d, long e)
{
	/* A child of vfork(2) has the agent of its parent, and its own mask. */
	long rc = installs(number, a, b) && agent_usable() &&
			  opus_beacon.pid == raw_getpid()
		? install(number, a, b, c, d, e)
		: raw_syscall6(number, a, b, c, d, e, 0);

	if (rc >= 0)
		return rc;
	errno = (int)-rc;
	return -1;
}

PUBLIC int prctl(int option, ...)
{
	va_list args;
	long a[4];

	va_start(args, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	return (int)filter_call(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}
