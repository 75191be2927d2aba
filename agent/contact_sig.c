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
 * does not take. If the place is bad, nothing happens and opus-send tries
 * another thread.
 */
#include "contact.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "agent.h"
#include "restart.h"

_Atomic uint32_t contact_state;
_Atomic uint64_t contact_queue[CONTACT_QUEUE];

struct contact_range contact_ranges[CONTACT_RANGES];
uint32_t contact_range_count;

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

int contact_safe_sig(const ucontext_t *context)
{
	uintptr_t ip = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
	long nr = restart_number_sig(context);

	if (nr >= 0 && (contact_waits(nr) ||
			(nr == SYS_futex && contact_waits_futex(context))))
		return 1;
	for (uint32_t i = 0; i < contact_range_count; i++)
		if (ip >= contact_ranges[i].start && ip < contact_ranges[i].end)
			return 0;
	return 1;
}

void contact_sig(uint64_t value, const ucontext_t *context)
{
	uint32_t idle = CONTACT_IDLE;
	int i, rc;

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
	if (atomic_load(&contact_state) == CONTACT_RUNNING) {
		control_wake_sig();
		return;
	}
	if (!contact_safe_sig(context))
		return;
	if (!atomic_compare_exchange_strong(&contact_state, &idle,
					    CONTACT_RUNNING)) {
		control_wake_sig();
		return;
	}
	rc = control_start_sig();
	opus_beacon.start_error = (uint32_t)rc;
	if (rc != 0)
		atomic_store(&contact_state, CONTACT_IDLE);
}
