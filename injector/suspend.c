/*
 * suspend.c - trace all threads with their filters suspended.
 *
 * Called by:  client.c, inject.c.
 * Runs on:    command; the tracing in a child of it.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 *     opus-send                holder                   the process
 *     fork ------------------> PTRACE_SEIZE ----------> all threads, which run
 *     hear whether it worked <- write
 *     contact, update          pass signals on; new threads are traced, too
 *     close -----------------> the agent's thread has ended?
 *                              nobody in its code?
 *     wait <------------------ end: the kernel lets all go
 *
 * A thread is not stopped to be let go, and one that waits is not even stopped to
 * be looked at: waits with a time limit go on as restart_syscall(2), for which
 * the filter may kill.
 */
#include "suspend.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beacon_read.h"
#include "common/cleanup.h"
#include "interrupt.h"
#include "remote.h"
#include "tracee.h"

#define END_NS 10000000000ull
#define MOMENT_NS 1000000ull
/* But SIGKILL and SIGSTOP. A program that has blocked 32 and 33 by a system call of
 * its own is taken for a handler for so long. */
#define ALL_SIGNALS (~(1ull << 8 | 1ull << 18))
#define HANDLER_NS 500000000ull
#define ERESTART_RESTARTBLOCK 516 /* include/linux/errno.h */

struct holder {
	const struct target *t;
	uint64_t code_start, code_end; /* of the agent */
	int child; /* a signalfd for SIGCHLD */
	int end;
};

unsigned long suspend_options(void)
{
	return PTRACE_O_SUSPEND_SECCOMP | PTRACE_O_TRACECLONE;
}

enum opus_code suspend_refused(int error, pid_t tid, struct opus_error *err)
{
	struct proc_status s;

	if (error == ESRCH)
		return error_set(err, OPUS_DIED, "thread %d has ended", (int)tid);
	if (error == EINVAL)
		return error_set(err, OPUS_CONFINED,
			"this kernel cannot suspend seccomp filters: it lacks "
			"CONFIG_CHECKPOINT_RESTORE");
	if (proc_status_read(tid, tid, &s) && s.tracer)
		return tracee_traced(s.tracer, err);
	errno = error;
	return error_set_errno(err, OPUS_CONFINED,
		"its seccomp filters cannot be suspended (that takes "
		"CAP_SYS_ADMIN and a tool that is not confined itself)");
}

enum opus_code suspend_check(const struct target *t, struct opus_error *err)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids);
	struct proc_status s;

	for (ssize_t i = 0; i < count; i++)
		if (proc_status_read(t->pid, tids[i], &s) && s.seccomp == 1)
			return error_set(err, OPUS_CONFINED,
				"thread %d is in seccomp's strict mode, where the "
				"agent's code cannot run, even with that "
				"suspended (prctl(2), PR_SET_TSC)", (int)tids[i]);
	return OPUS_OK;
}

/* --- tracees --- */

/* Ours, not one that glibc sends for setuid(), which waits for it. */
static bool is_queued(pid_t tid, int number)
{
	siginfo_t info;

	return (number == 33 || number >= 60) &&
	       ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) == 0 &&
	       info.si_code == SI_QUEUE;
}

static void go_on(pid_t tid, int status, bool over)
{
	int number = WSTOPSIG(status);
	bool stays = number == SIGSTOP || number == SIGTSTP ||
		     number == SIGTTIN || number == SIGTTOU;

	if (status >> 16 == PTRACE_EVENT_STOP && stays)
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
	else if (status >> 16 || (over && is_queued(tid, number)))
		ptrace(PTRACE_CONT, tid, NULL, NULL);
	else
		ptrace(PTRACE_CONT, tid, NULL, (void *)(long)number);
}

bool suspend_serve(bool over)
{
	int status;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL | WNOHANG)) > 0)
		if (WIFSTOPPED(status))
			go_on(tid, status, over);
	return tid == 0 || errno != ECHILD;
}

/* Those that are not ours yet. Returns how many there were. */
static enum opus_code seize_more(const struct target *t, size_t *ret,
				 struct opus_error *err)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids);
	struct proc_status s;
	int error;

	*ret = 0;
	for (ssize_t i = 0; i < count; i++) {
		if (!proc_status_read(t->pid, tids[i], &s) || !s.memory ||
		    s.tracer == getpid())
			continue;
		if (tracee_seize(tids[i], suspend_options()) == 0) {
			++*ret;
			continue;
		}
		error = errno;
		if (proc_status_read(t->pid, tids[i], &s) && s.memory)
			return suspend_refused(error, tids[i], err);
	}
	return OPUS_OK;
}

static enum opus_code seize_all(const struct target *t, struct opus_error *err)
{
	enum opus_code code;
	size_t fresh;

	do
		code = seize_more(t, &fresh, err);
	while (code == OPUS_OK && fresh > 0);
	return code;
}

/* --- what is stopped for a moment --- */

/* It may have come into a wait just then: that is begun anew. */
static void wait_anew(pid_t tid, struct user_regs_struct *regs)
{
	long number;

	if ((long)regs->orig_rax < 0 || (long)regs->rax != -ERESTART_RESTARTBLOCK)
		return;
	number = regs->orig_rax == SYS_restart_syscall
			 ? remote_number(tid, regs->rip - 2, regs->rsp) : -1;
	regs->rax = number < 0 ? regs->orig_rax : (uint64_t)number;
	regs->orig_rax = (uint64_t)-1;
	regs->rip -= 2;
	ptrace(PTRACE_SETREGS, tid, NULL, regs);
}

/* Stop a tracee, which then goes on. False: it has ended. `*ret` are its registers,
 * all zero if they could not be read. `open`: a signal that it lets in from now on,
 * or 0. */
static bool stopped_look(pid_t tid, unsigned int open, struct user_regs_struct *ret)
{
	uint64_t end = interrupt_clock() + 50 * MOMENT_NS, mask;
	int status;

	memset(ret, 0, sizeof(*ret));
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0)
		return false;
	while (interrupt_clock() < end) {
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got < 0 || (got == tid && !WIFSTOPPED(status)))
			return false;
		if (got == 0) {
			(void)interrupt_poll(NULL, 0,
					     interrupt_clock() + MOMENT_NS / 20, true);
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_STOP &&
		    ptrace(PTRACE_GETREGS, tid, NULL, ret) == 0) {
			if (open && ptrace(PTRACE_GETSIGMASK, tid, 8, &mask) == 0) {
				mask &= ~(1ull << (open - 1));
				ptrace(PTRACE_SETSIGMASK, tid, 8, &mask);
			}
			wait_anew(tid, ret);
		}
		go_on(tid, status, true);
		if (status >> 16 == PTRACE_EVENT_STOP)
			return true;
	}
	return true;
}

/* Where a filter would not let a handler return, the agent has shut out the signal
 * by which it is contacted. */
static void signal_open(const struct target *t)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count = proc_threads(t->pid, &tids);
	unsigned int number = t->beacon_at ? t->beacon.signal : 0;
	struct user_regs_struct ignored;
	struct proc_status s;

	for (ssize_t i = 0; number && i < count; i++)
		if (proc_status_read(t->pid, tids[i], &s) &&
		    s.blocked >> (number - 1) & 1)
			(void)stopped_look(tids[i], number, &ignored);
}

/* --- the end --- */

static void code_find(struct holder *h)
{
	CLEANUP(cleanup_free) char *text = proc_maps_read(h->t->view);
	char *at = text;
	struct proc_map map;

	while (at && proc_maps_next(&at, &map)) {
		if (!map.executable || !strstr(map.path, BEACON_AGENT_FILE))
			continue;
		h->code_start = map.start;
		h->code_end = map.end;
	}
}

/* One that runs is stopped, looked at, and goes on. */
static bool runs_inside(const struct holder *h, pid_t tid)
{
	struct user_regs_struct regs;

	return stopped_look(tid, 0, &regs) &&
	       (regs.rip == 0 ||
		regs.rip - h->code_start < h->code_end - h->code_start);
}

/* Is it in a handler of the agent's, in which everything is blocked (also while
 * that calls libc, to make a thread), or about to be? */
static bool in_handler(pid_t pid, pid_t tid, bool early)
{
	char path[64];
	const char *pending;
	struct proc_status s;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, NULL);

	if (!text || !proc_status_parse(text, &s) || !s.memory)
		return false; /* it has ended; what a zombie is sent stays */
	pending = strstr(text, "\nSigPnd:");
	return s.state == 't' || (early && s.blocked == ALL_SIGNALS) ||
	       (pending && (strtoull(pending + 8, NULL, 16) & ~s.blocked));
}

static bool is_inside(const struct holder *h, pid_t tid, bool early)
{
	/* Who was parked has been woken, so who sleeps does so for the program:
	 * in a call of its own, perhaps by way of a function of the agent. */
	return in_handler(h->t->pid, tid, early) ||
	       (proc_syscall(h->t->pid, tid) < 0 && runs_inside(h, tid));
}

static bool all_done(const struct holder *h, uint64_t since)
{
	CLEANUP(cleanup_free) pid_t *tids = NULL;
	ssize_t count;

	if (beacon_thread(h->t->pid))
		return false;
	count = proc_threads(h->t->pid, &tids);
	for (ssize_t i = 0; i < count; i++)
		if (is_inside(h, tids[i], interrupt_clock() - since < HANDLER_NS))
			return false;
	return true;
}

/* --- the holder --- */

static void hold(const struct holder *h)
{
	struct pollfd fds[] = {{.fd = h->child, .events = POLLIN},
			       {.fd = h->end, .events = POLLIN}};
	struct signalfd_siginfo info;
	bool over = false;
	uint64_t since = 0;

	while (suspend_serve(over) && !(over && all_done(h, since))) {
		(void)interrupt_poll(fds, over ? 1 : 2, over
				     ? interrupt_clock() + MOMENT_NS : UINT64_MAX,
				     true);
		if (!over && fds[1].revents != 0) {
			since = interrupt_clock();
			over = true;
		}
		(void)!read(h->child, &info, sizeof(info));
	}
}

static void holder_main(const void *data, int tell, int end)
{
	struct holder h = {.t = data, .end = end};
	struct opus_error err = {0};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	h.child = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	code_find(&h);
	err.code = h.child < 0 ? error_set_errno(&err, OPUS_RESOURCE, "signalfd")
			       : seize_all(h.t, &err);
	if (err.code == OPUS_OK)
		signal_open(h.t);
	if (write(tell, &err, sizeof(err)) == sizeof(err) && err.code == OPUS_OK)
		hold(&h);
}

enum opus_code suspend_begin(const struct target *t, struct child *holder,
			     struct opus_error *err)
{
	struct opus_error told = {.code = OPUS_OK};
	enum opus_code code = suspend_check(t, err);

	if (code == OPUS_OK)
		code = child_hold(holder, holder_main, t, &told, sizeof(told), err);
	if (code != OPUS_OK || told.code == OPUS_OK)
		return code;
	suspend_end(holder);
	*err = told;
	return told.code;
}

void suspend_end(struct child *holder)
{
	/* It goes on without us if the agent does. */
	child_release(holder, END_NS);
}
