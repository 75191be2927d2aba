/*
 * tracee.c - ptrace(2): the stops of a thread, and why it cannot be traced.
 *
 * Called by:  remote.c, settle.c, suspend.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: stdio.
 */
#include "tracee.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "proc.h"

long tracee_ask(int request, pid_t tid, unsigned long address, void *data)
{
	return ptrace(request, tid, (void *)address, data);
}

/* All that were ever seized here. Changed where the handler cannot run. */
static pid_t *seized;
static size_t seized_count;

static void seized_add(pid_t tid)
{
	pid_t *more;

	for (size_t i = 0; i < seized_count; i++)
		if (seized[i] == tid)
			return;
	more = realloc(seized, (seized_count + 1) * sizeof(*seized));
	if (!more)
		return;
	seized = more;
	seized[seized_count++] = tid;
}

/* Of threads that one traces, waitid(2) tells stops whether asked for or not, and
 * takes the signal that it tells of with them, should nobody let the thread go on.
 * So each is looked at first. Async-signal-safe. */
static void reap(int signo)
{
	int saved = errno;

	(void)signo;
	for (size_t i = 0; i < seized_count; i++) {
		siginfo_t info = {0};

		if (waitid(P_PID, (id_t)seized[i], &info,
			   WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
		    info.si_pid && (info.si_code == CLD_EXITED ||
				    info.si_code == CLD_KILLED ||
				    info.si_code == CLD_DUMPED))
			waitpid(seized[i], NULL, __WALL | WNOHANG);
	}
	errno = saved;
}

/* An exec holds the lock that PTRACE_SEIZE takes until all other threads are gone,
 * and one of ours is not before we wait for it: both would wait for ever. */
int tracee_seize(pid_t tid, unsigned long options)
{
	struct sigaction act = {.sa_handler = reap}, old;
	sigset_t child, mask;
	int error;
	long rc;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigaction(SIGCHLD, &act, &old);
	sigprocmask(SIG_UNBLOCK, &child, &mask);
	/* The kernel starts it anew after the handler (ERESTARTNOINTR). */
	rc = tracee_ask(PTRACE_SEIZE, tid, 0, (void *)options);
	error = errno;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGCHLD, &old, NULL);
	if (rc == 0)
		seized_add(tid);
	errno = error;
	return (int)rc;
}

bool tracee_wait(pid_t tid, uint64_t limit_ns, int *ret)
{
	uint64_t end = interrupt_clock() + limit_ns, now;
	struct timespec rest;
	sigset_t child;
	pid_t got;

	/* Blocked by the caller, so that none is lost in between. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		got = waitpid(tid, ret, __WALL | WNOHANG);
		if (got == tid)
			return true;
		if (got < 0 && errno != EINTR) {
			*ret = 0;
			return true;
		}
		now = interrupt_clock();
		if (now >= end)
			return false;
		rest.tv_sec = (time_t)((end - now) / 1000000000u);
		rest.tv_nsec = (long)((end - now) % 1000000000u);
		sigtimedwait(&child, NULL, &rest);
	}
}

bool tracee_is_interrupted(int status)
{
	return status >> 16 == PTRACE_EVENT_STOP;
}

int tracee_signal(int status)
{
	return status >> 16 == 0 && WSTOPSIG(status) != (SIGTRAP | 0x80)
		       ? WSTOPSIG(status) : 0;
}

enum opus_code tracee_traced(pid_t tracer, struct opus_error *err)
{
	struct proc_status s;
	bool known = proc_status_read(tracer, tracer, &s);

	/* Whoever it is has chosen that name: a terminal may obey it. */
	for (char *c = s.name; known && *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return error_set(err, OPUS_NO_CONTACT,
		"process %d (%s) traces it; only one can: end that, and try again",
		(int)tracer, known ? s.name : "a debugger, strace?");
}

enum opus_code tracee_refused(pid_t pid, pid_t tid, struct opus_error *err)
{
	struct proc_status s = {0};
	char yama[8] = "0";
	FILE *file;

	if (errno == ESRCH)
		return error_set(err, OPUS_DIED, "thread %d has ended", (int)tid);
	if (proc_status_read(pid, tid, &s) && s.tracer)
		return tracee_traced(s.tracer, err);
	file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	if (file) {
		if (!fgets(yama, sizeof(yama), file))
			yama[0] = '0';
		fclose(file);
	}
	if (yama[0] == '3')
		return error_set(err, OPUS_PERMISSION,
			"kernel.yama.ptrace_scope is 3: nobody may attach to a "
			"process until the next boot; start it with the agent");
	if (yama[0] != '0' && geteuid() != 0)
		return error_set(err, OPUS_PERMISSION,
			"it may not be attached to, since kernel.yama."
			"ptrace_scope is %c; this works: sudo opus-inject --pid %d",
			yama[0], (int)pid);
	if (geteuid() != 0)
		return error_set(err, OPUS_PERMISSION,
			"it may not be attached to: it belongs to uid %d, has more "
			"rights than we, or hides its memory (PR_SET_DUMPABLE); "
			"this works: sudo opus-inject --pid %d",
			(int)s.euid, (int)pid);
	return error_set(err, OPUS_PERMISSION,
		"not even this root may attach to it; the capability "
		"CAP_SYS_PTRACE is missing (a container's root?)");
}
