/*
 * contact_sig.c - decide in the handler whether a thread may be created here.
 *
 * Called by:  signal_sig.c for contact signals.
 * Runs on:    any thread of the host program, in the handler.
 * Locks:      takes those of pthread_create (malloc's, the list of stacks, the
 *             list of TLS blocks), but only where the interrupted thread
 *             cannot hold them.
 * Signal:     unsafe: lock, hence the rule below.
 *
 * The rule needs no unwinding. Locks of libc, of the loader and of malloc are
 * taken and given back by code of these modules. So the thread holds none of
 * them if its program counter is in other code, or if it sits in a system call
 * that none of these modules makes while it holds one of them: malloc calls
 * mmap, munmap, brk, madvise and futex; the loader has its own copies of the
 * file calls, and its code is excluded as a whole. A callback that libc calls
 * under a lock (dl_iterate_phdr's) holds the loader's, which pthread_create
 * does not take. What these modules did not call themselves by syscall(2) is
 * none of their waits. A signal handler of the host may have interrupted one of these
 * modules: that is looked for on the stack.
 *
 * If the place is bad, the signal comes again in a moment, by a timer: a thread
 * that runs is at another place then, while opus-send, which has to get a
 * processor first, would find it interrupted at one and the same.
 */
#include "contact.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "agent.h"
#include "altstack.h"
#include "arch/x86_64/futex.h"
#include "arch/x86_64/valgrind.h"
#include "common/waits.h"
#include "common/wire.h"
#include "restart.h"
#include "tls.h"

#define CONTACT_STACK (4ul << 20) /* of a stack that is looked at */
#define CONTACT_RETRY_NS 2048L /* the least, a power of two; see retry_arm() */
#define CONTACT_RETRIES_NS 500000000u

_Atomic uint32_t contact_state;
_Atomic uint64_t contact_queue[CONTACT_QUEUE];

START_DATA struct contact_range contact_ranges[CONTACT_RANGES];
START_DATA uint32_t contact_range_count;
START_DATA uintptr_t contact_first_stack;
START_DATA uintptr_t contact_syscall;
START_DATA uintptr_t contact_sigmask;
_Atomic bool contact_nodefer;

static bool contact_waits(long nr)
{
	switch (nr) {
	case SYS_read: case SYS_write: case SYS_readv: case SYS_writev:
	case SYS_pread64: case SYS_pwrite64:
	case SYS_poll: case SYS_ppoll: case SYS_select: case SYS_pselect6:
	case SYS_epoll_wait: case SYS_epoll_pwait:
#ifdef SYS_epoll_pwait2
	case SYS_epoll_pwait2:
#endif
	case SYS_accept: case SYS_accept4: case SYS_connect:
	case SYS_recvfrom: case SYS_recvmsg: case SYS_recvmmsg:
	case SYS_sendto: case SYS_sendmsg: case SYS_sendmmsg:
	case SYS_sendfile: case SYS_splice:
	case SYS_nanosleep: case SYS_clock_nanosleep: case SYS_pause:
	case SYS_rt_sigsuspend: case SYS_rt_sigtimedwait:
	case SYS_wait4: case SYS_waitid: case SYS_flock: case SYS_fcntl:
	case SYS_msgrcv: case SYS_msgsnd: case SYS_semop: case SYS_semtimedop:
	case SYS_mq_timedreceive: case SYS_mq_timedsend: case SYS_fsync:
	case SYS_fdatasync: case SYS_io_getevents: case 426 /* io_uring_enter */:
		return true;
	default:
		return false;
	}
}

/* futex: condition variables, joins, semaphores and an application's own
 * mutexes wait like this, but so does a thread that wants malloc's lock while
 * it holds another. Those take lll_lock, whose wait has no bit set and no
 * time limit (FUTEX_WAIT); pthread_cond_wait, sem_wait and pthread_join use
 * FUTEX_WAIT_BITSET. */
static bool contact_waits_futex(const ucontext_t *context)
{
	const greg_t *g = context->uc_mcontext.gregs;

	return (g[REG_RSI] & 0x7f) == 9; /* FUTEX_WAIT_BITSET */
}

/* End of the stack that `sp` is on, as far as it is worth a look; `sp` itself if
 * it is none that libc has made. */
static uintptr_t contact_stack_end(uintptr_t sp)
{
	uintptr_t thread = raw_thread_pointer(), first = contact_first_stack;

	/* glibc puts a thread's control block at the top of its stack. */
	if (thread > sp && thread - sp < CONTACT_STACK)
		return thread;
	return first > sp && first - sp < CONTACT_STACK ? first : sp;
}

/* What the kernel puts on the stack for a handler (arch/x86/include/asm/
 * sigframe.h, and the ABI of rt_sigreturn(2)). */
struct signal_frame {
	uintptr_t restorer;
	uint64_t flags, link;
	uint64_t stack[3];
	greg_t registers[32];
	uint64_t mask; /* of the code that was interrupted */
};

/* The end of the page that `known` is on; `known` if that page cannot be read.
 * A coroutine's stack ends long before its thread's control block, perhaps at a
 * page that nobody may touch. */
static uintptr_t stack_known(uintptr_t known)
{
	uintptr_t page = known & ~0xfffUL;
	uint8_t byte;
	struct iovec to = {&byte, 1}, from = {(void *)page, 1};

	return raw_syscall6(SYS_process_vm_readv, raw_gettid(), (long)&to, 1,
			    (long)&from, 1, 0) == 1 ? page + 0x1000 : known;
}

static bool contact_in_range(uintptr_t ip)
{
	for (uint32_t i = 0; i < contact_range_count; i++)
		if (ip >= contact_ranges[i].start && ip < contact_ranges[i].end)
			return true;
	return false;
}

/* Is it where the host has let blocked signals in? That function holds no lock;
 * others of libc, which do, make the call themselves. */
static bool contact_lets_in(long nr, uintptr_t ip)
{
	return nr == SYS_rt_sigprocmask && ip - contact_sigmask < WAITS_SIGMASK;
}

/* Has the handler interrupted a wait, or come when it was let in? Then it is a
 * place like any other: PostgreSQL makes its workers in one, on which they live
 * from then on. */
static bool contact_waited(const struct signal_frame *f)
{
	/* Not a copy of it: an alternate stack may have a few hundred bytes left. */
	const greg_t *g = f->registers;
	long nr;

	/* Only there is code that can be read for sure: the frame may be an old
	 * one, of an object that was unloaded since. */
	if (!contact_in_range((uintptr_t)f->registers[REG_RIP]))
		return false;
	nr = restart_number_of_sig(g, g[REG_RAX]);
	/* The call may just have come to its own end. */
	if (nr < 0)
		nr = restart_number_of_sig(g, -EINTR);
	return nr >= 0 &&
	       (contact_waits(nr) ||
		contact_lets_in(nr, (uintptr_t)f->registers[REG_RIP]));
}

/*
 * Is this the frame of a handler that runs, on the stack up to `end`? Old frames
 * leave the same words behind, but in a handler more is blocked than in the code
 * that it has interrupted: its own signal at least, unless it was installed with
 * SA_NODEFER. If the host has such a handler, old frames count as well, if they
 * tell of interrupted code that may have held a lock. The agent's own do not:
 * each stop leaves one.
 */
static bool contact_is_handler(const struct signal_frame *f, uintptr_t end,
			       uint64_t blocked)
{
	bool elsewhere = (uintptr_t)f->registers[REG_RSP] <= (uintptr_t)f ||
			 (uintptr_t)f->registers[REG_RSP] > end;

	/* What it has interrupted lies above it, or on another stack. */
	if ((elsewhere && !atomic_load(&altstack_disarms)) ||
	    (f->mask & ~blocked) != 0 || contact_waited(f))
		return false;
	return f->mask != blocked ||
	       (atomic_load(&contact_nodefer) && f->link != CONTACT_OWN_FRAME &&
		contact_in_range((uintptr_t)f->registers[REG_RIP]));
}

/* Does a handler of the host run in this thread? Where its frame lies, the
 * restorer's address tells, the same for all handlers that libc installs, ours
 * too. */
static bool contact_in_handler(const ucontext_t *context)
{
	uintptr_t restorer = ((const uintptr_t *)context)[-1];
	uintptr_t sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
	const uint64_t *blocked = (const void *)&context->uc_sigmask;
	uintptr_t end = contact_stack_end(sp), known = sp;

	if (sp - (uintptr_t)context->uc_stack.ss_sp < context->uc_stack.ss_size)
		return true; /* on the alternate stack */
	if (end == sp && atomic_load(&altstack_disarms))
		return true; /* perhaps */
	/* It would complain about the stack's old words; and there malloc is
	 * valgrind's own, which no signal interrupts. */
	if (valgrind_request(VALGRIND_RUNNING, 0, 0) != 0)
		return false;
	for (uintptr_t at = (sp + 7) & ~7ul;
	     at + sizeof(struct signal_frame) <= end; at += 8) {
		const struct signal_frame *f = (const void *)at;

		while (at + sizeof(*f) > known) {
			uintptr_t more = stack_known(known);

			if (more == known)
				return false; /* the stack ends here */
			known = more;
		}
		if (f->restorer == restorer && contact_is_handler(f, end, *blocked))
			return true;
	}
	return false;
}

/* Is the thread in syscall(), called by somebody else than the modules that have
 * the locks? They make some of their waits by it, too: tcmalloc's locks do. */
static bool contact_in_syscall(const ucontext_t *context)
{
	uintptr_t ip = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
	const uintptr_t *sp = (const void *)context->uc_mcontext.gregs[REG_RSP];

	if (ip - (uintptr_t)restart_call_return + 2 <= 2)
		return !contact_in_range(restart_caller());
	return (ip - (uintptr_t)restart_syscall_return + 2 <= 2 ||
		ip - contact_syscall < WAITS_SYSCALL) &&
	       !contact_in_range(*sp);
}

int contact_safe_sig(const ucontext_t *context)
{
	uintptr_t ip = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
	long nr = restart_number_sig(context);

	if (contact_in_handler(context) || tls_shared_sig())
		return 0;
	if (contact_in_syscall(context))
		return 1;
	if (nr >= 0 && (contact_waits(nr) ||
			(nr == SYS_futex && contact_waits_futex(context))))
		return 1;
	return !contact_in_range(ip);
}

/* Start or wake the control thread, if that can be done here. */
static bool contact_start(const ucontext_t *context)
{
	uint32_t idle = CONTACT_IDLE;
	int rc;

	if (atomic_load(&contact_state) != CONTACT_RUNNING) {
		if (!contact_safe_sig(context))
			return false;
		if (atomic_compare_exchange_strong(&contact_state, &idle,
						   CONTACT_RUNNING)) {
			rc = control_start_sig();
			if (rc == 0)
				return true; /* the thread says how it went */
			atomic_store(&contact_state, CONTACT_IDLE);
			if (rc == EBUSY)
				return false;
			opus_beacon.start_error = (uint32_t)rc;
			return true;
		}
	}
	control_wake_sig();
	return true;
}

/* --- again in a moment --- */

/* One timer of the process at a time, for the thread that made it. */
static _Atomic uint64_t retry_until_ns; /* 0: there is none */
static _Atomic int retry_timer = -1;    /* id of the kernel's; -1: none */
static _Atomic int retry_pid;           /* whose it is */

static void retry_arm(void)
{
	/* Not at a fixed distance: the thread may be in a loop of that length.
	 * Short ones too: one that fills new memory spends nearly all its time
	 * in page faults of malloc. Long ones too: a try takes some 30 us, and
	 * a handler that is not let run never ends. */
	uint64_t random = raw_counter() >> 5;
	long least = CONTACT_RETRY_NS << 2 * (random & 3);
	struct itimerspec t = {.it_value.tv_nsec =
			       least + ((long)(random >> 2) & (least - 1))};

	raw_syscall6(SYS_timer_settime, atomic_load(&retry_timer), 0, (long)&t, 0, 0, 0);
}

/* Its number may be one of the host's timers as soon as it is deleted. */
static void retry_drop(void)
{
	int id = atomic_exchange(&retry_timer, -1);

	if (id >= 0)
		raw_syscall3(SYS_timer_delete, id, 0, 0);
}

/* raw_syscall: timer_create(3) allocates. */
static void retry_begin(uint64_t value)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
				 .sigev_signo = agent_signal};
	uint64_t now = raw_now(), until = atomic_load(&retry_until_ns);
	int id;

	event.sigev_value.sival_ptr = (void *)value;
	event._sigev_un._tid = raw_gettid();
	/* One that is overdue belongs to a thread that has ended. */
	if (until > now || !atomic_compare_exchange_strong(&retry_until_ns, &until,
							   now + CONTACT_RETRIES_NS))
		return;
	retry_drop();
	if (raw_syscall3(SYS_timer_create, CLOCK_MONOTONIC, (long)&event,
			 (long)&id) != 0) {
		atomic_store(&retry_until_ns, 0);
		return;
	}
	atomic_store(&retry_pid, raw_getpid());
	atomic_store(&retry_timer, id);
	retry_arm();
}

static void retry_end(void)
{
	retry_drop();
	atomic_store(&retry_until_ns, 0);
}

void contact_retry_end_sig(void)
{
	if (atomic_load(&retry_until_ns) != 0)
		retry_end();
}

void contact_retry_sig(const siginfo_t *info, const ucontext_t *context)
{
	uint64_t until = atomic_load(&retry_until_ns);

	if (until == 0 || info->si_timerid != atomic_load(&retry_timer))
		return; /* one of the host's, with our signal's number */
	if (contact_start(context) || raw_now() >= until)
		retry_end();
	else
		retry_arm();
}

void contact_forked(void)
{
	/* A child has none of its parent's timers (timer_create(2)). But libc lets
	 * signals in before it calls us, so it may have one of its own by now. */
	if (atomic_load(&retry_pid) == raw_getpid())
		retry_drop();
	atomic_store(&retry_timer, -1);
	atomic_store(&retry_until_ns, 0);
}

void contact_sig(uint64_t value, const ucontext_t *context)
{
	int i;

	for (i = 0; i < CONTACT_QUEUE; i++)
		if (atomic_load(&contact_queue[i]) == value)
			break; /* opus-send asks again and again */
	for (int k = 0; i == CONTACT_QUEUE && k < CONTACT_QUEUE; k++) {
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&contact_queue[k], &none, value))
			i = k;
	}
	/* No room: others' values wait, perhaps since a time when no thread
	 * was at a safe place. The control thread makes room, and opus-send
	 * asks again. */
	if (!contact_start(context) && value & WIRE_CONTACT_TIMER)
		retry_begin(value);
}
