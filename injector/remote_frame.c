/*
 * remote_frame.c - the frame by which a borrowed thread finds home alone.
 *
 * Called by:  remote.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * The kernel's half of a signal: registers, vector state and mask in the form
 * that rt_sigreturn(2) reads, with an interrupted system call set back to its
 * beginning.
 */
#include "remote.h"

#include <cpuid.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "common/waits.h"
#include "proc.h"
#include "signal_frame.h"

#define ERESTART_RESTARTBLOCK 516 /* include/linux/errno.h */
#define AMX_DATA (1ull << 18)

/* Bytes of the vector state that this thread can have. What ptrace gives may
 * be longer: it includes AMX tiles, which sigreturn accepts only from threads
 * that have asked for them. */
static uint32_t xstate_bytes(const struct remote *r)
{
	const uint64_t *words = (const void *)r->xstate;
	uint64_t features = words[464 / 8], used = words[512 / 8];
	uint32_t size = 512 + 64, a, b, c, d;

	if (!(used & AMX_DATA))
		features &= ~AMX_DATA;
	for (unsigned int i = 2; i < 63; i++)
		if (features >> i & 1 && __get_cpuid_count(0xd, i, &a, &b, &c, &d) &&
		    a + b > size)
			size = a + b;
	return size < r->xstate_size ? size : (uint32_t)r->xstate_size;
}

static bool must_restart(long result)
{
	/* ERESTARTSYS, NOINTR, NOHAND (include/linux/errno.h). */
	return result == -512 || result == -513 || result == -514 ||
	       result == -ERESTART_RESTARTBLOCK;
}

bool remote_must_hide(const struct remote *r)
{
	long result = (long)r->saved.rax;

	if (r->confined && (long)r->saved.orig_rax >= 0 &&
	    result == -ERESTART_RESTARTBLOCK)
		return true;
	if (result != -EINTR)
		return false;
	switch ((long)r->saved.orig_rax) {
	case SYS_epoll_wait: case SYS_epoll_pwait: case SYS_epoll_pwait2:
	case SYS_semop: case SYS_semtimedop: case SYS_rt_sigtimedwait:
	case SYS_io_getevents: case SYS_io_uring_enter:
	case SYS_read: case SYS_readv: case SYS_recvfrom: case SYS_recvmsg:
	case SYS_recvmmsg: case SYS_accept: case SYS_accept4: case SYS_connect:
	case SYS_write: case SYS_writev: case SYS_sendto: case SYS_sendmsg:
	case SYS_sendmmsg: case SYS_futex: case SYS_mq_timedreceive:
	case SYS_mq_timedsend:
		return true;
	default:
		return false;
	}
}

long remote_number(pid_t view, uint64_t address, uint64_t sp)
{
	long on_stack = waits_number(address, sp, proc_waits_read, &view);
	uint8_t code[WAITS_BACK];

	if (on_stack >= 0)
		return on_stack;
	if (!proc_memory_read(view, address - sizeof(code), code, sizeof(code)))
		return -1;
	return waits_number_loaded(code + sizeof(code), sizeof(code));
}

uint64_t remote_restart_number(const struct remote *r)
{
	long number = -1;

	if (r->saved.orig_rax == SYS_restart_syscall)
		number = remote_number(r->tid, r->saved.rip - 2, r->saved.rsp);
	return number < 0 ? r->saved.orig_rax : (uint64_t)number;
}

size_t remote_frame(const struct remote *r, uint64_t home, uint8_t *ret,
		    size_t room)
{
	const struct user_regs_struct *s = &r->saved;
	uint32_t xsize = xstate_bytes(r), magic = FP_XSTATE_MAGIC2;
	size_t at = (sizeof(struct signal_frame) + 63 + home) / 64 * 64 - home;
	struct _fpx_sw_bytes software = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = xsize + (uint32_t)sizeof(magic),
		.xstate_bv = ((const uint64_t *)(const void *)r->xstate)[464 / 8],
		.xstate_size = xsize,
	};
	struct signal_frame f = {
		.home = r->code->home,
		.flags = 7, /* UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
		.stack_flags = 0xffff, /* refused: the alternate stack stays */
		.machine = {
			.r8 = s->r8, .r9 = s->r9, .r10 = s->r10, .r11 = s->r11,
			.r12 = s->r12, .r13 = s->r13, .r14 = s->r14,
			.r15 = s->r15, .rdi = s->rdi, .rsi = s->rsi,
			.rbp = s->rbp, .rbx = s->rbx, .rdx = s->rdx, .rax = s->rax,
			.rcx = s->rcx, .rsp = s->rsp, .rip = s->rip,
			.eflags = s->eflags, .cs = (uint16_t)s->cs,
			.__pad0 = (uint16_t)s->ss,
			.__fpstate_word = home + at,
		},
		.mask = r->mask,
	};

	if (at + xsize + sizeof(magic) > room)
		return 0;
	if ((long)s->orig_rax >= 0 && (must_restart((long)s->rax) || remote_must_hide(r))) {
		f.machine.rax = remote_restart_number(r);
		f.machine.rip -= 2;
	}
	memset(ret, 0, at);
	memcpy(ret, &f, sizeof(f));
	memcpy(ret + at, r->xstate, xsize);
	memcpy(ret + at + 464, &software, sizeof(software));
	memcpy(ret + at + xsize, &magic, sizeof(magic));
	return at + xsize + sizeof(magic);
}
