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
#include <stdbool.h>
#include <sys/syscall.h>

#include "arch/x86_64/futex.h"

#define BACK 48 /* bytes before `syscall` in which the number is looked for */
#define NS 1000000000u

static __thread struct restart_wait restart_self;

struct restart_wait *restart_wait_sig(void)
{
	return &restart_self;
}

static bool is_syscall(const uint8_t *p)
{
	return p[0] == 0x0f && p[1] == 0x05;
}

/* The number that the code before the instruction at `p` puts into eax. The
 * bytes lie before code that runs, in the same function: they are mapped. */
static long number_loaded(const uint8_t *p)
{
	for (int k = 2; k < BACK; k++) {
		uint32_t nr;

		/* Do not step over the start of the page: it may be the first
		 * of the mapping. */
		if ((((uintptr_t)p - (uintptr_t)k) ^ (uintptr_t)p) & ~0xfffUL)
			return -1;
		if (p[-k] == 0x31 && p[-k + 1] == 0xc0)
			return 0;
		if (k < 5 || p[-k] != 0xb8)
			continue;
		nr = (uint32_t)p[-k + 1] | (uint32_t)p[-k + 2] << 8 |
		     (uint32_t)p[-k + 3] << 16 | (uint32_t)p[-k + 4] << 24;
		if (nr < 1024)
			return (long)nr;
	}
	return -1;
}

long restart_number_sig(const ucontext_t *context)
{
	const greg_t *g = context->uc_mcontext.gregs;
	const uint8_t *ip = (const uint8_t *)g[REG_RIP];

	if (ip == (const uint8_t *)restart_syscall_return &&
	    g[REG_RAX] == -EINTR)
		return *(const long *)(g[REG_RSP] - 8);
	/* Only addresses whose two bytes on either side are on one page: code
	 * at a page's edge may have nothing mapped beyond it. */
	if (((uintptr_t)ip & 0xfff) < 2 || ((uintptr_t)ip & 0xfff) > 0xffe)
		return -1;
	if (g[REG_RAX] == -EINTR && is_syscall(ip - 2))
		return number_loaded(ip - 2);
	/* With SA_RESTART the kernel has set the thread back itself. */
	if (is_syscall(ip) && g[REG_RAX] >= 0 && g[REG_RAX] < 1024)
		return g[REG_RAX];
	return -1;
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

/* Calls whose time-out is relative and is not written back by the kernel, as
 * select, pselect6 and ppoll do. */
static void rest_set(greg_t *g, long nr)
{
	uint64_t started = atomic_load(&restart_self.started_ns), now;
	uintptr_t sp = atomic_load(&restart_self.sp);

	if (started == 0 || sp - (uintptr_t)g[REG_RSP] > 4096)
		return;
	now = raw_now();
	switch (nr) {
	case SYS_poll:
		rest_milliseconds(&g[REG_RDX], now - started);
		break;
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		rest_milliseconds(&g[REG_R10], now - started);
		break;
	case SYS_nanosleep:
		rest_timespec(&g[REG_RDI], now - started);
		break;
	case SYS_clock_nanosleep:
		if ((g[REG_RSI] & TIMER_ABSTIME) == 0)
			rest_timespec(&g[REG_RDX], now - started);
		break;
	case SYS_rt_sigtimedwait:
		rest_timespec(&g[REG_RDX], now - started);
		break;
	case SYS_semtimedop:
#ifdef SYS_epoll_pwait2
	case SYS_epoll_pwait2:
#endif
		rest_timespec(&g[REG_R10], now - started);
		break;
	default:
		return;
	}
	/* What is left counts from here. */
	atomic_store(&restart_self.started_ns, now);
}

void restart_system_call_sig(ucontext_t *context)
{
	greg_t *g = context->uc_mcontext.gregs;
	long nr;

	if (g[REG_RAX] != -EINTR)
		return;
	nr = restart_number_sig(context);
	/* After EINTR the descriptor is closed already (close(2), "Dealing
	 * with error returns"): another thread may own the number by now. */
	if (nr < 0 || nr == SYS_close || nr == SYS_restart_syscall)
		return;
	rest_set(g, nr);
	g[REG_RAX] = nr;
	g[REG_RIP] -= 2;
}
