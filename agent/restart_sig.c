/*
 * restart_sig.c - hide a stop from the system call that it interrupted.
 *
 * Called by:  the signal handler, before it parks.
 * Runs on:    any thread of the host program, in the handler.
 * Locks:      none.
 * Signal:     safe - see docs/style.md 6; checked by `make audit`.
 *
 * SA_RESTART covers calls that the kernel ends with ERESTARTSYS. Calls that
 * wait with a time-out, and pause, sigsuspend, epoll_wait and the like, return
 * EINTR after any handler (signal(7), "Interruption of system calls"). The
 * program never asked for our signal, so it must not see that: the context is
 * set back by the two bytes of `syscall`, and rax gets the number again. The
 * kernel does not report the number, but the instruction that loaded it stands
 * right before: `mov $n, %eax` or `xor %eax, %eax` in every wrapper of libc.
 */
#include "restart.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "filter.h"
#include "late.h"

#define NS 1000000000u

__thread struct restart_wait restart_self;
START_DATA struct waits restart_waits;
START_DATA int (*restart_clock)(clockid_t, struct timespec *) = clock_gettime;

static bool is_syscall(const uint8_t *p)
{
	return p[0] == 0x0f && p[1] == 0x05;
}

/* One of the two places in which all waits of glibc 2.41 are? Its stack frame is
 * there as long as the thread is. */
static bool is_wait(const greg_t *g, uintptr_t behind, long *ret)
{
	const uint8_t *sp = (const uint8_t *)g[REG_RSP];

	if (behind == restart_waits.plain)
		*ret = *(const long *)(sp + restart_waits.plain_at);
	else if (behind == restart_waits.cancel &&
		 *(const uintptr_t *)sp == restart_waits.caller)
		*ret = *(const long *)(sp + restart_waits.cancel_at);
	else
		return false;
	return true;
}

/* The number with which the `syscall` at `p` was made; -1: there is none, or it
 * is not known. `ip` is p or right behind it: only if all of it is on the page of
 * that one, it can be read for sure. */
static long number_at(const greg_t *g, const uint8_t *p, uintptr_t ip)
{
	long late = late_number_sig(g, p), nr;

	if (late >= 0)
		return late;
	if (p + 2 == (const uint8_t *)restart_syscall_return)
		return *(const long *)(g[REG_RSP] - 8);
	if (p + 2 == (const uint8_t *)restart_call_return)
		return atomic_load(&restart_self.number);
	if (restart_waits.plain && is_wait(g, (uintptr_t)p + 2, &nr))
		return nr;
	if ((((uintptr_t)p ^ ip) | (((uintptr_t)p + 1) ^ ip)) & ~0xfffUL)
		return -1;
	/* Its page may be the first of the mapping. */
	return is_syscall(p) ? waits_number_loaded(p, (uintptr_t)p & 0xfff) : -1;
}

long restart_number_of_sig(const greg_t *g, greg_t rax)
{
	uintptr_t ip = (uintptr_t)g[REG_RIP];
	const uint8_t *p = (const uint8_t *)ip;

	if (rax == -EINTR)
		return number_at(g, p - 2, ip);
	/* A stop by SIGSTOP or a tracer came first, and the kernel has set the
	 * thread back to restart_syscall(2); the arguments are still there. */
	if (rax == SYS_restart_syscall)
		return number_at(g, p, ip);
	/* With SA_RESTART the kernel has set the thread back itself. */
	if (rax >= 0 && rax < 1024 && (ip & 0xfff) != 0xfff &&
	    is_syscall(p))
		return rax;
	return -1;
}

long restart_number_sig(const ucontext_t *context)
{
	const greg_t *g = context->uc_mcontext.gregs;

	return restart_number_of_sig(g, g[REG_RAX]);
}

static void rest_milliseconds(greg_t *reg, uint64_t elapsed)
{
	int32_t limit = (int32_t)*reg;
	uint64_t gone = elapsed / 1000000;

	if (limit > 0)
		*reg = gone >= (uint64_t)limit ? 0 : limit - (int32_t)gone;
}

static void rest_timespec(greg_t *reg, uint64_t elapsed)
{
	const struct timespec *limit = (const void *)*reg;
	uint64_t total;

	if (!limit || limit == &restart_self.rest)
		limit = limit ? &restart_self.rest : NULL;
	if (!limit || limit->tv_sec < 0 || limit->tv_sec > 1000000000)
		return;
	total = (uint64_t)limit->tv_sec * NS + (uint64_t)limit->tv_nsec;
	total = elapsed >= total ? 0 : total - elapsed;
	restart_self.rest.tv_sec = (time_t)(total / NS);
	restart_self.rest.tv_nsec = (long)(total % NS);
	*reg = (greg_t)&restart_self.rest;
}

/* io_uring_enter(2): the time-out stands in a structure of the caller's, which
 * is replaced by a copy with another one. */
static void rest_uring(greg_t *g, uint64_t elapsed)
{
	const uint64_t *from = (const void *)g[REG_R8];
	uint64_t *copy = restart_self.argument;
	greg_t limit;

	for (int i = 0; i < 3; i++)
		copy[i] = from[i];
	limit = (greg_t)copy[2];
	rest_timespec(&limit, elapsed);
	copy[2] = (uint64_t)limit;
	g[REG_R8] = (greg_t)copy;
}

/* The record of the wait that the context is in. One of a frame that longjmp
 * has left, or of another stack, does not count. */
static bool wait_known(const greg_t *g)
{
	return atomic_load(&restart_self.started_ns) != 0 &&
	       atomic_load(&restart_self.sp) - (uintptr_t)g[REG_RSP] <= 4096;
}

/* The register with a relative time-out that the kernel does not write back, as it
 * does for select, pselect6 and ppoll; -1: there is none. */
static int limit_register(const greg_t *g, long nr)
{
	switch (nr) {
	case SYS_nanosleep:
		return REG_RDI;
	case SYS_poll: case SYS_rt_sigtimedwait:
		return REG_RDX;
	case SYS_clock_nanosleep:
		return g[REG_RSI] & TIMER_ABSTIME ? -1 : REG_RDX;
	case SYS_epoll_wait: case SYS_epoll_pwait: case SYS_semtimedop:
	case 441: /* epoll_pwait2 */
		return REG_R10;
	case SYS_io_getevents: case SYS_io_pgetevents:
		return REG_R8;
	case SYS_futex: /* the others are given a time of the clock */
		return (g[REG_RSI] & FUTEX_CMD_MASK) == FUTEX_WAIT ? REG_R10 : -1;
	case 426: /* io_uring_enter, with IORING_ENTER_EXT_ARG */
		return g[REG_R10] & 8 && g[REG_R9] == sizeof(restart_self.argument)
			       ? REG_R8 : -1;
	default:
		return -1;
	}
}

static bool in_milliseconds(long nr)
{
	return nr == SYS_poll || nr == SYS_epoll_wait || nr == SYS_epoll_pwait;
}

static void limit_lower(greg_t *g, long nr, int limit, uint64_t elapsed)
{
	if (in_milliseconds(nr))
		rest_milliseconds(&g[limit], elapsed);
	else if (nr == 426)
		rest_uring(g, elapsed);
	else
		rest_timespec(&g[limit], elapsed);
}

/* Is it the wait that was stopped before? Its limit is one that only the agent has
 * given: a pointer into this thread's record, or a number of milliseconds, which
 * must not be over since long. */
static bool is_known_by_limit(const greg_t *g, long nr, int limit, uint64_t now)
{
	const struct restart_unknown *u = &restart_self.unknown;

	return u->since_ns && u->sp == g[REG_RSP] && u->second == g[REG_RSI] &&
	       u->limit == g[limit] &&
	       (!in_milliseconds(nr) ||
		now - u->since_ns <= ((uint64_t)(uint32_t)u->limit + 1) * 1000000);
}

static void rest_unknown(greg_t *g, long nr, int limit, uint64_t now)
{
	struct restart_unknown *u = &restart_self.unknown;
	bool known = is_known_by_limit(g, nr, limit, now);
	uint64_t elapsed = known ? now - u->since_ns : 0;

	if (in_milliseconds(nr) ? (int32_t)g[limit] <= 0 : g[limit] == 0)
		return;
	if (!known)
		u->before = g[limit];
	limit_lower(g, nr, limit, elapsed);
	if (in_milliseconds(nr) && g[limit] == u->before &&
	    (int32_t)g[limit] < INT32_MAX)
		g[limit]++; /* one millisecond too late rather than too early */
	u->sp = g[REG_RSP];
	u->second = g[REG_RSI];
	u->limit = g[limit];
	u->since_ns = now - (in_milliseconds(nr) ? elapsed % 1000000 : 0);
}

/* Is what the register leads to the rest already, as the kernel has written it over
 * the limit: nanosleep(&t, &t), and so sleep(3)? Or is it time of the processor? */
static bool is_rest(const greg_t *g, long nr)
{
	if (nr == SYS_nanosleep)
		return g[REG_RDI] == g[REG_RSI];
	return nr == SYS_clock_nanosleep &&
	       (g[REG_RDX] == g[REG_R10] || (int32_t)g[REG_RDI] < 0 ||
		g[REG_RDI] == CLOCK_PROCESS_CPUTIME_ID);
}

static void rest_set(greg_t *g, long nr)
{
	int limit = limit_register(g, nr);
	uint64_t now;

	if (limit < 0)
		return;
	now = raw_now();
	if (!wait_known(g)) {
		rest_unknown(g, nr, limit, now);
		return;
	}
	limit_lower(g, nr, limit, is_rest(g, nr) ? 0
				: now - atomic_load(&restart_self.started_ns));
	/* What is left counts from here. */
	atomic_store(&restart_self.started_ns, now);
}

/* Those that wait_transfer.c takes up itself. */
static bool is_transfer(long nr)
{
	switch (nr) {
	case SYS_read: case SYS_readv: case SYS_recvfrom: case SYS_recvmsg:
	case SYS_recvmmsg: case SYS_accept: case SYS_accept4: case SYS_connect:
	case SYS_write: case SYS_writev: case SYS_sendto: case SYS_sendmsg:
	case SYS_sendmmsg: case SYS_getrandom:
		return true;
	default:
		return false;
	}
}

/* The number of the call that this signal has broken off; -1: none. After EINTR
 * close(2) has closed the descriptor already ("Dealing with error returns"):
 * another thread may own the number by now. restart_syscall(2), too, ends with
 * EINTR behind a handler: the end of ours makes the kernel forget what was to be
 * restarted (restore_sigcontext()). */
static long number_broken_off(const ucontext_t *context)
{
	greg_t rax = context->uc_mcontext.gregs[REG_RAX];
	long nr = rax == -EINTR || rax == SYS_restart_syscall
			  ? restart_number_sig(context) : -1;

	return nr == SYS_close || nr == SYS_restart_syscall ? -1 : nr;
}

/* Has a transfer come out of the kernel with something done? */
static bool is_transferred(const greg_t *g)
{
	return g[REG_RAX] > 0 && is_transfer(restart_number_of_sig(g, -EINTR));
}

static void call_anew(greg_t *g, long nr)
{
	if (g[REG_RAX] == -EINTR)
		g[REG_RIP] -= 2;
	g[REG_RAX] = nr;
}

void restart_system_call_sig(ucontext_t *context)
{
	greg_t *g = context->uc_mcontext.gregs;
	long nr = number_broken_off(context);

	if (nr < 0)
		return;
	if (is_transfer(nr) && wait_known(g) && atomic_load(&restart_self.own)) {
		atomic_store(&restart_self.left, true);
		return;
	}
	rest_set(g, nr);
	call_anew(g, nr);
	restart_self.restarted = true;
}

void restart_barely_sig(ucontext_t *context)
{
	long nr = number_broken_off(context);

	if (nr >= 0)
		call_anew(context->uc_mcontext.gregs, nr);
}

void restart_silently_sig(ucontext_t *context)
{
	const greg_t *g = context->uc_mcontext.gregs;

	restart_barely_sig(context);
	if (is_transferred(g))
		atomic_store(&restart_self.broken, (uintptr_t)g[REG_RSP]);
}

bool restart_signal_sig(const ucontext_t *context, uint64_t without)
{
	uint64_t set = 0, own = 1ul << (agent_signal - 1) | 3ul << 31;
	const uint64_t *blocked = (const void *)&context->uc_sigmask;
	struct { uintptr_t handler; uint64_t flags, rest[2]; } action;

	if (raw_syscall3(SYS_rt_sigpending, (long)&set, sizeof(set), 0) != 0)
		return false;
	set &= ~(*blocked | own);
	for (long signo = 1; set != 0; signo++, set >>= 1)
		if ((set & 1) &&
		    raw_syscall6(SYS_rt_sigaction, signo, 0, (long)&action,
				 sizeof(set), 0, 0) == 0 &&
		    action.handler > 1 && !(action.flags & without))
			return true; /* not SIG_DFL, not SIG_IGN */
	return false;
}

/* Ends the call with EINTR, and without effect, behind a handler that has not
 * SA_RESTART (signal(7))? Others, as clone(2), are always begun anew. */
static bool is_endable(const greg_t *g)
{
	switch (g[REG_RAX]) {
	case SYS_read: case SYS_readv: case SYS_pread64: case SYS_preadv:
	case SYS_preadv2: case SYS_write: case SYS_writev: case SYS_pwrite64:
	case SYS_pwritev: case SYS_pwritev2: case SYS_recvfrom: case SYS_recvmsg:
	case SYS_recvmmsg: case SYS_sendto: case SYS_sendmsg: case SYS_sendmmsg:
	case SYS_accept: case SYS_accept4: case SYS_connect: case SYS_wait4:
	case SYS_waitid: case SYS_flock: case SYS_open: case SYS_openat:
	case SYS_mq_timedreceive: case SYS_mq_timedsend: case SYS_getrandom:
	case SYS_sendfile: case SYS_splice: case SYS_tee: case SYS_vmsplice:
		return true;
	case SYS_fcntl:
		return g[REG_RSI] == F_SETLKW || g[REG_RSI] == F_OFD_SETLKW;
	case SYS_futex:
		return (g[REG_RSI] & FUTEX_CMD_MASK) == FUTEX_WAIT ||
		       (g[REG_RSI] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
	default:
		return false;
	}
}

/* Has the kernel set the thread back itself, since our handlers have SA_RESTART?
 * `syscall` leaves the address behind it in rcx: a thread that is still before it
 * has not begun the call, which must not end then, connect(2) above all. */
static bool is_set_back(const ucontext_t *context)
{
	const greg_t *g = context->uc_mcontext.gregs;

	return g[REG_RCX] == g[REG_RIP] + 2 && is_endable(g) &&
	       restart_number_sig(context) == g[REG_RAX];
}

void restart_finish_sig(ucontext_t *context)
{
	greg_t *g = context->uc_mcontext.gregs;
	bool left = atomic_load(&restart_self.left) && g[REG_RAX] == -EINTR;

	if (restart_self.restarted || left
		    ? restart_signal_sig(context, 0)
		    : is_set_back(context) &&
		      restart_signal_sig(context, SA_RESTART)) {
		atomic_store(&restart_self.left, false);
		if (!left) {
			g[REG_RAX] = -EINTR;
			g[REG_RIP] += 2;
		}
	}
	restart_self.restarted = false;
	/* With a signal of the host the part is what it is to see. */
	if (is_transferred(g) && !restart_signal_sig(context, 0))
		atomic_store(&restart_self.broken, (uintptr_t)g[REG_RSP]);
}

/* --- syscall() --- */

const uint8_t restart_calls[RESTART_CALLS] = {
	[SYS_poll] = 1, [SYS_epoll_wait] = 1, [SYS_epoll_pwait] = 1,
	[SYS_nanosleep] = 1, [SYS_clock_nanosleep] = 1, [SYS_futex] = 1,
	[SYS_rt_sigtimedwait] = 1, [SYS_semtimedop] = 1,
	[426] = 1 /* io_uring_enter */, [441] = 1 /* epoll_pwait2 */,
	[SYS_io_getevents] = 1, [SYS_io_pgetevents] = 1,
	[SYS_prctl] = 1, [SYS_seccomp] = 1,
};

/* Does it wait, with a limit? Others are made without a note, since a futex(2)
 * to wake somebody is made often. */
static bool is_timed(long number, long b, long d, long e)
{
	if (number == SYS_futex)
		return (b & FUTEX_CMD_MASK) == FUTEX_WAIT && d != 0;
	if (number == 426 || number == SYS_io_getevents || number == SYS_io_pgetevents)
		return e != 0;
	return true;
}

static __attribute__((noipa)) long call_noted(long number, long a, long b, long c,
					      long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	/* The handler may change arguments in their registers. */
	__asm__ volatile("syscall\n"
			 ".globl restart_call_return\n"
			 ".hidden restart_call_return\n"
			 "restart_call_return:"
			 : "=a"(ret), "+D"(a), "+S"(b), "+d"(c), "+r"(r10),
			   "+r"(r8), "+r"(r9)
			 : "0"(number)
			 : "rcx", "r11", "memory");
	return ret;
}

long restart_call_sig(long number, long a, long b, long c, long d, long e, long f)
{
	struct restart_note note = {0};
	long ret;

	if (number == SYS_prctl || number == SYS_seccomp)
		return filter_call_sig(number, a, b, c, d, e, f);
	if (!is_timed(number, b, d, e))
		return restart_syscall(number, a, b, c, d, e, f);
	restart_enter(&note, false);
	atomic_store_explicit(&restart_self.number, (int32_t)number,
			      memory_order_relaxed);
	ret = call_noted(number, a, b, c, d, e, f);
	restart_leave(&note);
	if (ret > -4096 && ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}
