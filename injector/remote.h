/*
 * remote.h - borrow a thread of another process, and give it back.
 *
 * Included by: inject.c, confine.c, place.c, unmask.c, remote_frame.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe.
 *
 * The thread must come to no harm at whichever instruction we are killed: the
 * kernel then lets it run on with the registers that it has. So before its
 * registers are touched, a frame like that of a signal is put below its stack,
 * and all that it is made to do ends in rt_sigreturn(2) with that frame:
 *
 *     its own stack      ...
 *     sp  ──────────▶    red zone, 128 bytes
 *                        words that calls point to (a name, a mask)
 *                        state of the vector registers
 *                        general registers, signal mask
 *     home ─────────▶    address of `mov $15, %rax; syscall` in libc
 *
 * With sp at `home` every `ret` leads home. While we live, the thread is caught
 * on its way there and gets its registers back by ptrace, which also lets the
 * kernel go on with the interrupted system call and its time-out; what the
 * frame restores starts the call anew.
 *
 * With a shadow stack it always goes home by the frame: the two stack pointers
 * change by two calls of ptrace(2), by one of rt_sigreturn(2). Only before the
 * first call they must be two: killed between those, we leave a thread that the
 * processor ends at its next return.
 */
#ifndef OPUS_REMOTE_H
#define OPUS_REMOTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "module.h"
#include "shadow.h"

#define REMOTE_XSTATE 16384
#define REMOTE_WORDS 64 /* bytes that calls may point to */

/* Code of the target that is used, found beforehand. */
struct remote_code {
	uint64_t call;  /* syscall; ret */
	uint64_t home;  /* mov $15, %rax; syscall */
};

struct remote {
	pid_t pid, tid;
	pid_t inner_tid; /* as the thread knows it */
	const struct remote_code *code;
	bool attached;
	bool away;      /* its registers are not its own */
	/* It has a seccomp filter, which may kill for restart_syscall(2): calls
	 * that the kernel would go on with are made anew, with their whole
	 * time limit. May be cleared by whoever has asked the filter. */
	bool confined;
	bool filtered;  /* the same, and stays */
	bool caught;    /* it is stopped where it may get its registers back */
	bool runs;      /* it is inside a function of libc for us */
	bool lost;      /* let go, and on its way home by itself */
	int signal;     /* to be delivered when it is let go */
	struct user_regs_struct saved;
	struct shadow shadow;
	uint64_t mask;
	uint64_t home;  /* address of the frame */
	uint64_t words; /* address of REMOTE_WORDS bytes */
	size_t xstate_size;
	uint64_t stopped_ns; /* CLOCK_MONOTONIC */
	uint8_t xstate[REMOTE_XSTATE] __attribute__((aligned(64)));
};

enum opus_code remote_code_find(const struct modules *m, struct remote_code *ret,
				struct opus_error *err) MUST_CHECK;

/*
 * Stop a thread. After OPUS_OK r->saved are its registers, and remote_detach()
 * must follow. Errors: OPUS_NO_ANSWER (it did not stop: `tid` in err),
 * OPUS_NO_CONTACT (the process is stopped by a signal), OPUS_DIED,
 * OPUS_PERMISSION (the words say what to do).
 */
enum opus_code remote_attach(struct remote *r, pid_t pid, pid_t tid,
			     const struct remote_code *code,
			     struct opus_error *err) MUST_CHECK;

/* Suspend the stopped thread's seccomp filters until remote_detach(). Threads
 * that it makes are traced like it, and suspend_serve() lets them run. Errors:
 * suspend_refused(). */
enum opus_code remote_suspend(struct remote *r, struct opus_error *err) MUST_CHECK;

/* Give the stopped thread another signal mask, for good. */
bool remote_mask(struct remote *r, uint64_t mask) MUST_CHECK;

/*
 * Make the stopped thread ready for calls: write its frame and block its
 * signals. OPUS_NO_CONTACT: this thread cannot be used, another may.
 */
enum opus_code remote_leave(struct remote *r, struct opus_error *err) MUST_CHECK;

/* Make a system call in the thread. `*ret` is its result, -errno for errors.
 * The codes are about the thread: OPUS_DIED, OPUS_NO_ANSWER. */
enum opus_code remote_call(struct remote *r, long number, const uint64_t args[6],
			   uint64_t *ret, struct opus_error *err) MUST_CHECK;

/* Put `size` bytes where r->words points. */
enum opus_code remote_words(struct remote *r, const void *bytes, size_t size,
			    struct opus_error *err) MUST_CHECK;

struct remote_run {
	uint64_t code, size; /* where the code is; it is entered at its start */
	uint64_t stack, data; /* rsp and rbx */
	/* A futex that it sets and wakes when done, and sets to `left` when it
	 * goes home. */
	_Atomic uint32_t *back;
	uint32_t left;
};

/* Run code of ours, which ends by going home after it has waited a while to be
 * stopped. */
enum opus_code remote_run(struct remote *r, const struct remote_run *run,
			  struct opus_error *err) MUST_CHECK;

/*
 * Give everything back and let the thread go on; on every path, also when it
 * has ended. Returns how long it was stopped, in nanoseconds.
 */
uint64_t remote_detach(struct remote *r);

/* Number of the system call whose `syscall` instruction is at `address`, in a
 * thread with this stack pointer, from the instruction that loads it: `mov $n, %eax`
 * stands right before in every wrapper of libc, or see common/waits.h. -1 if there
 * is none. */
long remote_number(pid_t view, uint64_t address, uint64_t sp);

/*
 * Must the call be made anew by us, when r is let go? Calls that return EINTR after any stop,
 * signal(7): no signal is the reason here, so the program must not see it. And,
 * in confined threads, those that would go on as restart_syscall(2).
 */
bool remote_must_hide(const struct remote *r);

/* The number to start the interrupted call anew with. Where it has been stopped
 * before, the kernel only knows restart_syscall, which rt_sigreturn(2) makes
 * fail with EINTR. */
uint64_t remote_restart_number(const struct remote *r);

/* What a killed tracer leaves to the kernel: the frame's bytes for registers
 * `regs`, at `home`. Returns its size. For remote.c. */
size_t remote_frame(const struct remote *r, uint64_t home, uint8_t *ret,
		    size_t room);

#endif
