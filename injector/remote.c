/*
 * remote.c - ptrace(2): stop one thread, make calls in it, put it back.
 *
 * Called by:  inject.c, confine.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * PTRACE_SEIZE and PTRACE_INTERRUPT stop one thread without a signal that the
 * process could see. Calls are followed by PTRACE_SYSCALL: stops at a call's
 * entry and exit, which no handler of the program can be mistaken for, since
 * they are held against instruction and stack pointer. What is written for the
 * case that we are killed is remote_frame.c's.
 */
#include "remote.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <linux/futex.h>
#include <linux/ptrace.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "interrupt.h"
#include "proc.h"
#include "suspend.h"
#include "tracee.h"

#define RED_ZONE 128
#define WAIT_NS 500000000ull /* for a thread to stop */
#define BUSY_NS 5000000000ull /* for one that waits for a processor */
#define CALL_NS 2000000000ull
#define HANDLER_ROOM 65536
/* All signals but 32 and 33: glibc needs those two in every thread, and the thread
 * that is made here inherits the mask. */
#define BLOCKED (~(3ull << 31))
#define UNBLOCKABLE (1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1))
#define USER_CODE 0x33 /* code segment of 64-bit user code */

enum opus_code remote_code_find(const struct modules *m, struct remote_code *ret,
				struct opus_error *err)
{
	static const uint8_t call[] = {0x0f, 0x05, 0xc3};
	static const uint8_t home[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0,
				       0x0f, 0x05};

	ret->call = module_bytes(m, m->libc, call, sizeof(call));
	ret->home = module_bytes(m, m->libc, home, sizeof(home));
	if (!ret->call || !ret->home)
		return error_set(err, OPUS_NO_AGENT,
			"its libc (%s) lacks the instructions that are needed "
			"to enter it", m->libc->path);
	return OPUS_OK;
}

/* --- waiting for stops --- */

static bool is_call(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

static enum opus_code thread_ended(struct remote *r, struct opus_error *err)
{
	r->attached = r->away = false;
	return error_set(err, OPUS_DIED,
			 "thread %d ended, or the process did, while it was used",
			 (int)r->tid);
}

/* Let it run to the next stop that `wanted` accepts; signals are passed on. */
static enum opus_code run_until(struct remote *r, int request,
				bool (*wanted)(int status), uint64_t limit_ns,
				struct opus_error *err)
{
	int status, pass = 0;

	for (;;) {
		if (tracee_ask(request, r->tid, 0, (void *)(long)pass) != 0 &&
		    errno == ESRCH)
			return thread_ended(r, err);
		if (!tracee_wait(r->tid, limit_ns, &status))
			return error_set(err, OPUS_NO_ANSWER,
				"thread %d did not come back within %g s",
				(int)r->tid, (double)limit_ns / 1e9);
		if (!WIFSTOPPED(status))
			return thread_ended(r, err);
		if (wanted(status))
			return OPUS_OK;
		pass = tracee_signal(status);
	}
}

static bool registers_get(struct remote *r, struct user_regs_struct *ret)
{
	return tracee_ask(PTRACE_GETREGS, r->tid, 0, ret) == 0;
}

static bool registers_set(struct remote *r, const struct user_regs_struct *regs)
{
	return tracee_ask(PTRACE_SETREGS, r->tid, 0, (void *)regs) == 0;
}

/* --- attach --- */

static bool is_runnable(const struct remote *r)
{
	struct proc_status s;

	return proc_status_read(r->pid, r->tid, &s) && s.state == 'R';
}

/* PTRACE_INTERRUPT was called. */
static enum opus_code stop_await(struct remote *r, struct opus_error *err)
{
	uint64_t end = interrupt_clock() + BUSY_NS;
	int status;

	for (;;) {
		if (!tracee_wait(r->tid, WAIT_NS, &status)) {
			if (is_runnable(r) && interrupt_clock() < end)
				continue;
			err->tid = r->tid;
			return error_set(err, OPUS_NO_ANSWER,
				"thread %d does not stop: it waits in the kernel "
				"(for a disk, or for a vforked child)", (int)r->tid);
		}
		if (!WIFSTOPPED(status))
			return thread_ended(r, err);
		if (tracee_is_interrupted(status))
			break;
		tracee_ask(PTRACE_CONT, r->tid, 0, (void *)(long)tracee_signal(status));
	}
	if (WSTOPSIG(status) != SIGTRAP)
		return error_set(err, OPUS_NO_CONTACT,
			"it is stopped (SIGSTOP, SIGTSTP); continue it with "
			"`kill -CONT %d` and try again", (int)r->pid);
	return OPUS_OK;
}

static enum opus_code attach_stop(struct remote *r, struct opus_error *err)
{
	if (tracee_ask(PTRACE_INTERRUPT, r->tid, 0, NULL) != 0)
		return thread_ended(r, err);
	return stop_await(r, err);
}

/* Attach to it, and stop it. One that did not stop in time when we tried before
 * is still ours, and about to, or it has by now. */
static enum opus_code seize(struct remote *r, struct opus_error *err)
{
	struct proc_status s;
	enum opus_code code;
	bool ours;

	ours = proc_status_read(r->pid, r->tid, &s) && s.tracer == getpid();
	if (!ours && tracee_seize(r->tid, PTRACE_O_TRACESYSGOOD) != 0)
		return tracee_refused(r->pid, r->tid, err);
	r->attached = true;
	/* Its number may be another's by now, of another process. */
	if (!proc_status_read(r->pid, r->tid, &s))
		return thread_ended(r, err);
	r->filtered = r->confined = s.seccomp;
	r->inner_tid = s.inner_tid;
	r->stopped_ns = interrupt_clock();
	code = ours ? stop_await(r, err) : attach_stop(r, err);
	/* A filter may have come before it stopped. */
	if (code == OPUS_OK && !r->confined && proc_status_read(r->pid, r->tid, &s))
		r->filtered = r->confined = s.seccomp;
	return code;
}

enum opus_code remote_attach(struct remote *r, pid_t pid, pid_t tid,
			     const struct remote_code *code,
			     struct opus_error *err)
{
	enum opus_code result;
	sigset_t child;

	memset(r, 0, offsetof(struct remote, xstate));
	r->pid = pid;
	r->tid = tid;
	r->code = code;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	result = seize(r, err);
	if (result == OPUS_OK)
		shadow_look(&r->shadow, tid);
	if (result == OPUS_OK &&
	    (!registers_get(r, &r->saved) ||
	     tracee_ask(PTRACE_GETSIGMASK, tid, sizeof(r->mask), &r->mask) != 0))
		result = thread_ended(r, err);
	if (result != OPUS_OK)
		remote_detach(r);
	return result;
}

enum opus_code remote_suspend(struct remote *r, struct opus_error *err)
{
	if (tracee_ask(PTRACE_SETOPTIONS, r->tid, 0,
		  (void *)(PTRACE_O_TRACESYSGOOD | suspend_options())) == 0)
		return OPUS_OK;
	return suspend_refused(errno, r->tid, err);
}

bool remote_mask(struct remote *r, uint64_t mask)
{
	return tracee_ask(PTRACE_SETSIGMASK, r->tid, sizeof(mask), &mask) == 0;
}

/* --- the frame --- */

/* PTRACE_GET_RSEQ_CONFIGURATION: is the thread inside a restartable sequence?
 * The kernel would forget to restart it. */
static bool in_sequence(const struct remote *r)
{
	struct __ptrace_rseq_configuration c;
	uint64_t section = 0;

	if (tracee_ask(PTRACE_GET_RSEQ_CONFIGURATION, r->tid, sizeof(c), &c) !=
		    sizeof(c) || !c.rseq_abi_pointer)
		return false;
	/* struct rseq: cpu_id_start, cpu_id, rseq_cs. */
	return (long)r->saved.orig_rax < 0 &&
	       proc_memory_read(r->tid, c.rseq_abi_pointer + 8, &section,
				sizeof(section)) && section;
}

#define GET_DISPATCH 0x4211 /* PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, Linux 6.4 */

/* Has it its system calls dispatched to itself (struct ptrace_sud_config)? Ours, too,
 * would become signals that it does not expect. */
static bool is_dispatched(const struct remote *r)
{
	struct { uint64_t mode, selector, offset, len; } c = {0};

	return tracee_ask(GET_DISPATCH, r->tid, sizeof(c), &c) == 0 && c.mode != 0;
}

/* Will a handler of the program run as soon as the thread goes on? Then an EINTR
 * is its own. Signals without a handler wait in tracees even where they do nothing
 * (sig_ignored(), kernel/signal.c). */
static bool handler_waits(const struct remote *r)
{
	struct proc_status s;

	return !proc_status_read(r->pid, r->tid, &s) ||
	       ((s.pending | s.shared) & s.caught & ~r->mask) != 0;
}

static enum opus_code frame_write(struct remote *r, struct opus_error *err)
{
	static uint8_t frame[REMOTE_XSTATE + 1024];
	struct iovec io = {r->xstate, sizeof(r->xstate)};
	size_t size;

	if (tracee_ask(PTRACE_GETREGSET, r->tid, NT_X86_XSTATE, &io) != 0)
		return error_set_errno(err, OPUS_NO_CONTACT,
			"thread %d: its vector registers cannot be read",
			(int)r->tid);
	r->xstate_size = io.iov_len;
	size = remote_frame(r, 0, frame, sizeof(frame));
	r->words = (r->saved.rsp - RED_ZONE - REMOTE_WORDS) & ~63ull;
	/* A multiple of 64, like the one that the size was computed for. */
	r->home = ((r->words - size) & ~63ull) - 64;
	size = remote_frame(r, r->home, frame, sizeof(frame));
	if (size == 0 || r->home + size > r->words ||
	    !proc_memory_write(r->tid, r->home, frame, size))
		return error_set(err, OPUS_NO_CONTACT,
			"thread %d has no %zu bytes left on its stack",
			(int)r->tid, size);
	return OPUS_OK;
}

enum opus_code remote_words(struct remote *r, const void *bytes, size_t size,
			    struct opus_error *err)
{
	if (size <= REMOTE_WORDS && proc_memory_write(r->tid, r->words, bytes, size))
		return OPUS_OK;
	return error_set_errno(err, OPUS_INTERNAL,
			       "cannot write to the stack of thread %d",
			       (int)r->tid);
}

/* To the `ret` that leads home. */
static void home_set(const struct remote *r, struct user_regs_struct *regs)
{
	regs->rip = r->code->call + 2;
	regs->rsp = r->home;
	regs->orig_rax = (uint64_t)-1;
}

enum opus_code remote_leave(struct remote *r, struct opus_error *err)
{
	struct user_regs_struct regs = r->saved;
	enum opus_code code;

	if (r->saved.cs != USER_CODE)
		return error_set(err, OPUS_NO_CONTACT,
				 "thread %d runs 32-bit code", (int)r->tid);
	if (is_dispatched(r))
		return error_set(err, OPUS_CONFINED,
				 "thread %d has its system calls dispatched to itself (PR_SET_SYSCALL_USER_DISPATCH)",
				 (int)r->tid);
	if (in_sequence(r))
		return error_set(err, OPUS_NO_CONTACT,
			"thread %d is in a restartable sequence", (int)r->tid);
	code = frame_write(r, err);
	if (code == OPUS_OK && !shadow_enter(&r->shadow, r->tid, r->code->home))
		code = error_set(err, OPUS_NO_CONTACT,
			"thread %d: its shadow stack cannot be written", (int)r->tid);
	if (code != OPUS_OK)
		return code;
	/* On its way home already, by which it gets its own mask back. */
	home_set(r, &regs);
	r->away = true;
	r->caught = false;
	if (!registers_set(r, &regs) || !remote_mask(r, BLOCKED))
		return thread_ended(r, err);
	return OPUS_OK;
}

/* --- calls --- */

/* Run to a stop at the entry or exit of the call whose `syscall` instruction
 * ends at `rip`, with this stack. */
static enum opus_code call_stop(struct remote *r, uint64_t rip, uint64_t rsp,
				struct user_regs_struct *regs,
				struct opus_error *err)
{
	enum opus_code code;

	do {
		code = run_until(r, PTRACE_SYSCALL, is_call, CALL_NS, err);
		if (code == OPUS_OK && !registers_get(r, regs))
			code = thread_ended(r, err);
		/* Any other is of a handler that runs on top. */
	} while (code == OPUS_OK && (regs->rip != rip || regs->rsp != rsp));
	return code;
}

enum opus_code remote_call(struct remote *r, long number, const uint64_t args[6],
			   uint64_t *ret, struct opus_error *err)
{
	struct user_regs_struct regs = r->saved;
	enum opus_code code;

	regs.rip = r->code->call;
	regs.rsp = r->home;
	regs.rax = (uint64_t)number;
	regs.orig_rax = (uint64_t)-1;
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	regs.eflags &= ~(1ull << 10); /* direction flag, psABI 3.2.1 */
	r->away = true;
	r->caught = false;
	if (!registers_set(r, &regs))
		return thread_ended(r, err);
	code = call_stop(r, r->code->call + 2, r->home, &regs, err); /* entry */
	if (code == OPUS_OK)
		code = call_stop(r, r->code->call + 2, r->home, &regs, err);
	*ret = regs.rax;
	return code;
}

/* At the entry of rt_sigreturn: do not make the call, stop behind it. */
static enum opus_code home_catch(struct remote *r, struct opus_error *err)
{
	struct user_regs_struct regs;
	enum opus_code code;

	code = call_stop(r, r->code->home + 9, r->home + 8, &regs, err);
	if (code != OPUS_OK)
		return code;
	regs.orig_rax = (uint64_t)-1;
	/* Killed here, the thread makes the call again. */
	regs.rip = r->code->home;
	if (!registers_set(r, &regs) ||
	    tracee_ask(PTRACE_INTERRUPT, r->tid, 0, NULL) != 0)
		return thread_ended(r, err);
	return run_until(r, PTRACE_CONT, tracee_is_interrupted, CALL_NS, err);
}

/* Let it run until it has set `back`; signals are passed on. Stops at each of
 * its system calls, as in call_stop(), would be most of the pause. */
static enum opus_code run_wait(struct remote *r, _Atomic uint32_t *back,
			       struct opus_error *err)
{
	static const struct timespec slice = {0, 1000000};
	uint64_t end = interrupt_clock() + CALL_NS;
	int status = 0;

	while (*back == 0) {
		if (interrupt_clock() > end)
			return error_set(err, OPUS_NO_ANSWER,
				"thread %d did not come back within %g s",
				(int)r->tid, CALL_NS / 1e9);
		syscall(SYS_futex, back, FUTEX_WAIT, 0, &slice, NULL, 0);
		if (waitpid(r->tid, &status, __WALL | WNOHANG) != r->tid)
			continue;
		if (!WIFSTOPPED(status))
			return thread_ended(r, err);
		tracee_ask(PTRACE_CONT, r->tid, 0, (void *)(long)tracee_signal(status));
	}
	return OPUS_OK;
}

/* Before Linux 5.1 a thread that was stopped in ppoll(2) and the like takes its
 * own mask again when it goes on, whatever ptrace(2) has set meanwhile. */
static enum opus_code mask_again(struct remote *r, struct opus_error *err)
{
	const uint64_t want = BLOCKED;
	uint64_t now, result, args[6] = {SIG_SETMASK, r->words, 0, sizeof(want)};
	enum opus_code code;

	if (tracee_ask(PTRACE_GETSIGMASK, r->tid, sizeof(now), &now) != 0)
		return thread_ended(r, err);
	if ((now | UNBLOCKABLE) == (want | UNBLOCKABLE))
		return OPUS_OK;
	code = remote_words(r, &want, sizeof(want), err);
	if (code == OPUS_OK)
		code = remote_call(r, SYS_rt_sigprocmask, args, &result, err);
	return code;
}

/* Does a handler run on top, wherever its stack is? Of one that came in the last
 * steps of the way home only if it has none of its own. */
static bool in_handler(const struct remote *r, const struct remote_run *run,
		       const struct user_regs_struct *regs)
{
	return regs->rip - run->code >= run->size &&
	       (*run->back != run->left ||
		regs->rsp - run->data < run->stack - run->data ||
		r->home - regs->rsp - 1 < HANDLER_ROOM);
}

/* It is stopped: let go on until no handler is left, whose end would be lost with
 * the stack and the registers. */
static enum opus_code handlers_end(struct remote *r, const struct remote_run *run,
				   struct user_regs_struct *ret,
				   struct opus_error *err)
{
	static const struct timespec slice = {0, 50000};
	uint64_t end = interrupt_clock() + CALL_NS;
	enum opus_code code = OPUS_OK;

	while (code == OPUS_OK) {
		if (!registers_get(r, ret))
			return thread_ended(r, err);
		if (!in_handler(r, run, ret))
			return OPUS_OK;
		if (interrupt_clock() > end)
			return error_set(err, OPUS_NO_ANSWER,
				"thread %d stays in a signal handler", (int)r->tid);
		tracee_ask(PTRACE_CONT, r->tid, 0, NULL);
		nanosleep(&slice, NULL);
		code = attach_stop(r, err);
	}
	return code;
}

enum opus_code remote_run(struct remote *r, const struct remote_run *run,
			  struct opus_error *err)
{
	struct user_regs_struct regs = r->saved;
	enum opus_code code = mask_again(r, err);

	if (code != OPUS_OK)
		return code;
	regs.rip = run->code;
	regs.rsp = run->stack;
	regs.rbx = run->data;
	regs.orig_rax = (uint64_t)-1;
	regs.eflags &= ~(1ull << 10);
	/* It must not be torn out of what it runs now: it may hold locks. */
	r->runs = true;
	if (!registers_set(r, &regs) || tracee_ask(PTRACE_CONT, r->tid, 0, NULL) != 0)
		return thread_ended(r, err);
	code = run_wait(r, run->back, err);
	if (code == OPUS_OK)
		code = attach_stop(r, err);
	if (code == OPUS_OK)
		code = handlers_end(r, run, &regs, err);
	if (code != OPUS_OK)
		return code;
	r->runs = false;
	/* We were slow, and it has gone home by itself? */
	r->away = regs.rip - run->code < run->size ||
		  regs.rip - r->code->home < 9;
	r->caught = r->away;
	if (!r->away) /* then it stands at a place of its own */
		r->saved = regs;
	return OPUS_OK;
}

/* --- back --- */

/* From wherever the calls have left it: straight home, and caught there. */
static bool go_home(struct remote *r)
{
	struct user_regs_struct regs = r->saved;
	struct opus_error ignored;

	regs.rip = r->code->home;
	regs.rsp = r->home + 8;
	regs.orig_rax = (uint64_t)-1;
	return registers_set(r, &regs) && home_catch(r, &ignored) == OPUS_OK;
}

static void make_anew(const struct remote *r, struct user_regs_struct *regs)
{
	regs->rax = remote_restart_number(r);
	regs->orig_rax = (uint64_t)-1;
	regs->rip -= 2;
}

/* Each step leaves the thread where, without us, it finds its own way home;
 * the last one is the general registers. False: it finds that way now. */
static bool restore(struct remote *r)
{
	struct iovec io = {r->xstate, r->xstate_size};
	struct user_regs_struct regs = r->saved;

	if (r->shadow.own) {
		home_set(r, &regs);
		return registers_set(r, &regs);
	}
	if (!r->caught && !go_home(r))
		return false;
	/* What came meanwhile is delivered now, and the kernel answers the call that
	 * was interrupted as it would have. */
	if (remote_must_hide(r) && !handler_waits(r))
		make_anew(r, &regs);
	return tracee_ask(PTRACE_SETREGSET, r->tid, NT_X86_XSTATE, &io) == 0 &&
	       remote_mask(r, r->mask) && registers_set(r, &regs);
}

/* It has not come home in time and does so by itself, later. Only a stopped
 * thread can be let go; one that does not stop either is when we end. */
static void stop_again(struct remote *r)
{
	int status;

	if (tracee_ask(PTRACE_INTERRUPT, r->tid, 0, NULL) == 0 &&
	    tracee_wait(r->tid, WAIT_NS, &status) && WIFSTOPPED(status))
		r->signal = tracee_signal(status);
}

uint64_t remote_detach(struct remote *r)
{
	struct user_regs_struct regs = r->saved;

	if (!r->attached)
		return 0;
	if (r->runs) {
		r->lost = true;
		stop_again(r);
	} else if (r->away) {
		r->lost = !restore(r);
	} else if (remote_must_hide(r) && !handler_waits(r)) {
		make_anew(r, &regs);
		registers_set(r, &regs);
	}
	if (r->attached)
		tracee_ask(PTRACE_DETACH, r->tid, 0, (void *)(long)r->signal);
	r->attached = r->away = false;
	return interrupt_clock() - r->stopped_ns;
}
