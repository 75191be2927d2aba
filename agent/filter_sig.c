/*
 * filter_sig.c - tell of seccomp filters before they are installed.
 *
 * Called by:  the host, in place of prctl(2) and by restart_sig.c, in place of
 *             syscall(2); contact_sig.c, filter.c.
 * Runs on:    any thread, also in handlers of the host.
 * Locks:      none.
 * Signal:     safe.
 *
 * Filters that are installed by the program's own `syscall` instructions are not
 * seen.
 */
#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "arch/x86_64/raw.h"
#include "common/bpf.h"
#include "common/wire.h"
#include "contact.h"
#include "gate.h"
#include "guard.h"
#include "restart.h"
#include "stop.h"
#include "stop_signal.h"

#define MOMENT_NS 30000     /* a signal that was sent has arrived */

/* prctl(2), of <linux/prctl.h> since 5.11; since 6.15 there is a second way. */
#define SET_DISPATCH 59
#define DISPATCH_OFF 0

uint32_t filter_counts_sig(void)
{
	uint32_t ended = __atomic_load_n(&opus_beacon.filters_ended, __ATOMIC_SEQ_CST);

	return (uint32_t)__atomic_load_n(&opus_beacon.filters_begun,
					 __ATOMIC_SEQ_CST) << 16 | ended;
}

static _Atomic bool tight;

bool filter_is_tight_sig(void)
{
	return atomic_load(&tight);
}

struct install {
	uint64_t own;    /* the contact signal; 0: it cannot be blocked */
	uint64_t before; /* the thread's mask */
	bool kept_out;   /* of stops */
};

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

/* rt_sigprocmask(2) reads the set before it finds that there is no such `how`. */
static bool is_readable(const void *at)
{
	return raw_syscall6(SYS_rt_sigprocmask, 99, (long)at, 0, sizeof(uint64_t), 0,
			    0) == -EINVAL;
}

static bool is_program_readable(const struct sock_fprog *program)
{
	const char *at, *end;

	if (!program || !is_readable(program) || !is_readable(&program->filter) ||
	    program->len == 0 || program->len > BPF_MAXINSNS)
		return false;
	at = (const char *)program->filter;
	end = (const char *)(program->filter + program->len);
	for (; at < end; at = (const char *)(((uintptr_t)at | 0xfff) + 1))
		if (!is_readable(at))
			return false;
	return is_readable(end - sizeof(*program->filter));
}

/* An agent that came late has libc's signal for contacts, which setuid() sends to
 * all other threads, and waits. It is blocked where no handler could return: there
 * it would kill in any case. Elsewhere a contact that comes too late does nothing. */
static bool may_block(const struct sock_fprog *program)
{
	return agent_signal != SIGNAL_SETXID ||
	       (is_program_readable(program) &&
		!is_allowed(program, SYS_rt_sigreturn, 0));
}

/* Contacts that were sent before come now, or are dropped; libc's signals are not,
 * which come with them. */
static void contacts_shut_out(struct install *i, const struct sock_fprog *program)
{
	const struct timespec at_once = {0, 0};
	uint64_t end = raw_now() + MOMENT_NS;

	if (agent_signal && may_block(program))
		i->own = 1ul << (agent_signal - 1);
	raw_syscall6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&i->own,
		     (long)&i->before, sizeof(i->own), 0, 0);
	contact_retry_end_sig();
	while (i->own && agent_signal != SIGNAL_SETXID &&
	       raw_syscall6(SYS_rt_sigtimedwait, (long)&i->own, 0, (long)&at_once,
			    sizeof(i->own), 0, 0) > 0)
		;
	while (!i->own && raw_now() < end)
		__builtin_ia32_pause();
}

static bool are_allowed(const struct sock_fprog *program, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_allowed(program, calls[i], 0))
			return false;
	return true;
}

/* May the process still write down at its end that it has ended by itself? */
static bool may_say_end(const struct sock_fprog *program)
{
	static const int calls[] = {
		SYS_getpid, SYS_clock_gettime, SYS_openat, SYS_rt_sigprocmask,
		SYS_write, SYS_close,
	};

	return is_program_readable(program) &&
	       are_allowed(program, calls, sizeof(calls) / sizeof(calls[0]));
}

static void install_begin(struct install *i, const struct sock_fprog *program)
{
	if (!may_say_end(program))
		guard_confined();
	__atomic_add_fetch(&opus_beacon.filters_begun, 1, __ATOMIC_SEQ_CST);
	contacts_shut_out(i, program);
	i->kept_out = stop_keep_out_sig();
}

/* What stands between the host and its exec, or its next filter. */
static bool is_passable(const struct sock_fprog *program)
{
	static const int calls[] = {
		SYS_getpid, SYS_gettid, SYS_rt_sigtimedwait, SYS_clock_gettime,
		SYS_nanosleep,
	};

	return is_allowed(program, SYS_rt_sigprocmask, SIG_BLOCK) &&
	       are_allowed(program, calls, sizeof(calls) / sizeof(calls[0]));
}

/* `program`: the filter that is on now; NULL: none, or strict mode. Where it would
 * kill for the return of a handler, a contact that was sent before it was there
 * must not come any more. */
static void install_end(const struct install *i, bool installed,
			const struct sock_fprog *program)
{
	__atomic_add_fetch(&opus_beacon.filters_ended, 1, __ATOMIC_SEQ_CST);
	stop_let_in_sig(i->kept_out);
	if (installed && !(program && is_passable(program)))
		atomic_store(&tight, true);
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
	const struct sock_fprog *program = strict ? NULL : (const void *)c;
	long rc;

	install_begin(&i, program);
	rc = raw_syscall6(number, a, b, c, d, e, 0);
	install_end(&i, rc == 0, program);
	return rc;
}

/*
 * Why no handler may run any more once this is called, or NULL. Where system calls are
 * dispatched the kernel kills for the return of a handler, as a filter may, but asks a
 * word of the program's, at any time anew, so nobody can tell when it would. Where
 * rdtsc is refused every look at the clock by the vDSO kills.
 */
static const char *shuts_out(long number, long a, long b)
{
	if (number != SYS_prctl)
		return NULL;
	if (a == SET_DISPATCH && b != DISPATCH_OFF)
		return "the program has its system calls dispatched to itself (PR_SET_SYSCALL_USER_DISPATCH)";
	return a == PR_SET_TSC && b == PR_TSC_SIGSEGV
		       ? "the program has rdtsc refused (PR_SET_TSC)" : NULL;
}

static void switch_set(const char *why)
{
	__atomic_add_fetch(&opus_beacon.sequence, 1, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < sizeof(opus_beacon.off_reason) - 1; i++) {
		opus_beacon.off_reason[i] = why ? why[i] : '\0';
		if (opus_beacon.off_reason[i] == '\0')
			break;
	}
	if (why)
		__atomic_or_fetch(&opus_beacon.flags, BEACON_OFF, __ATOMIC_SEQ_CST);
	else
		__atomic_and_fetch(&opus_beacon.flags, ~(uint32_t)BEACON_OFF,
				   __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&opus_beacon.sequence, 1, __ATOMIC_SEQ_CST);
	atomic_store(&agent_off, why != NULL);
}

static int kernel_clock(clockid_t clock, struct timespec *ret)
{
	return (int)raw_syscall3(SYS_clock_gettime, clock, (long)ret, 0);
}

/* No contact may come any more, nor a stop, nor a gate make a system call: an update
 * that waits is given up. */
static long shut_out(const char *why, long number, long a, long b, long c, long d, long e)
{
	bool kept_out;
	long rc;

	__atomic_add_fetch(&opus_beacon.filters_begun, 1, __ATOMIC_SEQ_CST);
	contact_retry_end_sig();
	kept_out = stop_keep_out_sig();
	switch_set(why);
	(void)gate_cancel();
	rc = raw_syscall6(number, a, b, c, d, e, 0);
	if (rc != 0)
		switch_set(NULL);
	else if (a == PR_SET_TSC)
		restart_clock = kernel_clock;
	__atomic_add_fetch(&opus_beacon.filters_ended, 1, __ATOMIC_SEQ_CST);
	stop_let_in_sig(kept_out);
	return rc;
}

static bool installs(long number, long a, long b)
{
	return number == SYS_seccomp
		? a == SECCOMP_SET_MODE_FILTER || a == SECCOMP_SET_MODE_STRICT
		: a == PR_SET_SECCOMP && b != SECCOMP_MODE_DISABLED;
}

long filter_call_sig(long number, long a, long b, long c, long d, long e, long f)
{
	/* A child of vfork(2) has the agent of its parent, and its own mask. */
	const char *why = shuts_out(number, a, b);
	bool ours = (why || installs(number, a, b)) && agent_usable() &&
		    !filter_is_tight_sig() && opus_beacon.pid == raw_getpid();
	long rc = !ours ? raw_syscall6(number, a, b, c, d, e, f)
		: why ? shut_out(why, number, a, b, c, d, e)
		      : install(number, a, b, c, d, e);

	if (rc >= 0 || rc < -4095)
		return rc;
	errno = (int)-rc;
	return -1;
}

/* As glibc's, which has the rest of the arguments in `...`. */
__attribute__((visibility("default"))) int prctl(int, long, long, long, long);
__attribute__((visibility("default"))) int prctl(int option, long a, long b,
						 long c, long d)
{
	return (int)filter_call_sig(SYS_prctl, option, a, b, c, d, 0);
}

bool filter_is_known_sig(uint64_t value)
{
	uint32_t counts = filter_counts_sig();

	/* With one under way it may be on already, and not be said to have ended. */
	return counts >> 16 == (counts & 0xffff) &&
	       WIRE_CONTACT_FILTERS(value) ==
		       (counts >> 16 & WIRE_CONTACT_FILTERS_MASK);
}
