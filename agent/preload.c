/*
 * preload.c - libc calls that the agent takes over.
 *
 * Called by:  the host program and its libraries, in place of libc's own.
 * Runs on:    any thread of the host program.
 * Locks:      none of its own.
 * Signal:     as the functions behind them: those that POSIX calls
 *             async-signal-safe are so here, since everything is resolved by
 *             the constructor.
 *
 * Two reasons. First, one real-time signal belongs to the agent, as glibc
 * keeps 32 and 33 for itself: it is left out of every mask and set that the
 * program makes, and the program is told of a range that ends below it. So the
 * signal reaches every thread, and nobody can take its handler away. Second,
 * waits with a relative time-out note when they began, so that a stop can put
 * the rest of the time back (restart_sig.c).
 */
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "agent.h"
#include "altstack.h"
#include "arch/x86_64/futex.h"
#include "contact.h"
#include "coroutine.h"
#include "restart.h"
#include "stop_signal.h"
#include "wait.h"

#define PUBLIC __attribute__((visibility("default")))

/* R(return type, name, parameters) of the functions behind ours. */
#define REAL(R)                                                                \
	R(int, sigaction, (int, const struct sigaction *, struct sigaction *)) \
	R(sighandler_t, signal, (int, sighandler_t))                           \
	R(sighandler_t, __sysv_signal, (int, sighandler_t))                    \
	R(sighandler_t, sigset, (int, sighandler_t))                           \
	R(int, sigignore, (int))                                               \
	R(int, sigaltstack, (const stack_t *, stack_t *))                      \
	R(int, siginterrupt, (int, int))                                       \
	R(int, sigfillset, (sigset_t *))                                       \
	R(int, sigprocmask, (int, const sigset_t *, sigset_t *))               \
	R(int, pthread_sigmask, (int, const sigset_t *, sigset_t *))           \
	R(int, sighold, (int))                                                 \
	R(int, sigsuspend, (const sigset_t *))                                 \
	R(int, sigwait, (const sigset_t *, int *))                             \
	R(int, sigwaitinfo, (const sigset_t *, siginfo_t *))                   \
	R(int, sigtimedwait, (const sigset_t *, siginfo_t *, const struct timespec *)) \
	R(int, signalfd, (int, const sigset_t *, int))                         \
	R(int, pselect, (int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *)) \
	R(int, ppoll, (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *)) \
	R(int, __ppoll_chk, (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t)) \
	R(int, epoll_pwait, (int, struct epoll_event *, int, int, const sigset_t *)) \
	R(int, epoll_pwait2, (int, struct epoll_event *, int, const struct timespec *, const sigset_t *)) \
	R(int, epoll_wait, (int, struct epoll_event *, int, int))              \
	R(int, poll, (struct pollfd *, nfds_t, int))                           \
	R(int, __poll_chk, (struct pollfd *, nfds_t, int, size_t))             \
	R(int, nanosleep, (const struct timespec *, struct timespec *))        \
	R(int, clock_nanosleep, (clockid_t, int, const struct timespec *, struct timespec *)) \
	R(int, usleep, (useconds_t))                                           \
	R(unsigned int, sleep, (unsigned int))                                 \
	R(int, semtimedop, (int, struct sembuf *, size_t, const struct timespec *)) \
	R(int, swapcontext, (ucontext_t *, const ucontext_t *))                \
	R(int, pthread_attr_setsigmask_np, (pthread_attr_t *, const sigset_t *))

#define R(type, name, parameters) START_DATA static type(*real_##name) parameters;
REAL(R)
#undef R

/* Are both addresses in one object? */
static AT_START int object_has_both(struct dl_phdr_info *info, size_t size, void *data)
{
	const uintptr_t *address = data;
	bool has[2] = {false, false};

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		for (int k = 0; p->p_type == PT_LOAD && k < 2; k++)
			has[k] |= address[k] - info->dlpi_addr - p->p_vaddr < p->p_memsz;
	}
	return has[0] && has[1];
}

/* To open libc again, which finds it for sure, takes longer than all the rest
 * here. */
AT_START void *libc_function(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name), *libc;
	uintptr_t both[2] = {(uintptr_t)found, (uintptr_t)gnu_get_libc_version};

	if (dl_iterate_phdr(object_has_both, both))
		return found;
	libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	found = libc ? dlsym(libc, name) : NULL;
	if (libc)
		dlclose(libc);
	return found;
}

AT_START void preload_init(void)
{
	void *clock = libc_function("clock_gettime");

#define R(type, name, parameters) \
	*(void **)&real_##name = dlsym(RTLD_NEXT, #name);
	REAL(R)
#undef R
	if (clock)
		*(void **)&restart_clock = clock;
	wait_init();
}

/* A library that starts before the agent's constructor may be the first. */
#define NEED(name) ((void)(real_##name || (preload_init(), 0)))

static bool reserved(int signo)
{
	return signo == agent_signal && agent_signal != 0;
}

/* `set` without the signals of contacts and stops, in `copy` if that makes a
 * difference. By hand: sigdelset(3) refuses 33, which only sets have that were
 * not filled by sigfillset(3). */
static const sigset_t *without(const sigset_t *set, sigset_t *copy)
{
	unsigned long ours = 1ul << (SIGNAL_SETXID - 1);

	if (agent_signal)
		ours |= 1ul << (agent_signal - 1);
	MAY_BE_NULL(set);
	if (!set || !(set->__val[0] & ours))
		return set;
	*copy = *set;
	copy->__val[0] &= ~ours;
	return copy;
}

/* --- the signal's number, handler and sets --- */

PUBLIC int __libc_current_sigrtmax(void);
PUBLIC int __libc_current_sigrtmax(void)
{
	return agent_signal && !agent_late ? agent_signal - 1 : 64;
}

PUBLIC int sigfillset(sigset_t *set)
{
	int rc;

	NEED(sigfillset);
	rc = real_sigfillset(set);
	if (rc == 0 && agent_signal)
		sigdelset(set, agent_signal);
	return rc;
}

/* contact_sig.c wants to know of SA_NODEFER, which is in the old ways, too. */
PUBLIC int sigaction(int signo, const struct sigaction *act,
		     struct sigaction *old)
{
	struct sigaction copy;
	sigset_t mask;

	NEED(sigaction);
	if (reserved(signo)) {
		errno = EINVAL;
		return -1;
	}
	if (act && act->sa_flags & SA_NODEFER)
		atomic_store(&contact_nodefer, true);
	if (act && without(&act->sa_mask, &mask) == &mask) {
		copy = *act;
		copy.sa_mask = mask;
		act = &copy;
	}
	return real_sigaction(signo, act, old);
}

PUBLIC int sigaltstack(const stack_t *stack, stack_t *old)
{
	stack_t copy;
	int rc;

	NEED(sigaltstack);
	if (!stack)
		return real_sigaltstack(NULL, old);
	copy = *stack; /* `old` may be the same */
	rc = real_sigaltstack(stack, old);
	if (rc == 0)
		altstack_note_sig(&copy);
	return rc;
}

/* The agent's own handler, past the guard above. */
int preload_sigaction(int signo, const struct sigaction *act)
{
	NEED(sigaction);
	return real_sigaction(signo, act, NULL);
}

#define SIGNAL_LIKE(name, real, nodefer)                                       \
	PUBLIC sighandler_t name(int signo, sighandler_t handler)              \
	{                                                                      \
		NEED(real);                                                    \
		if (reserved(signo)) {                                         \
			errno = EINVAL;                                        \
			return SIG_ERR;                                        \
		}                                                              \
		if (nodefer)                                                   \
			atomic_store(&contact_nodefer, true);                  \
		return real_##real(signo, handler);                            \
	}

sighandler_t bsd_signal(int, sighandler_t);
sighandler_t ssignal(int, sighandler_t);
sighandler_t sysv_signal(int, sighandler_t);
sighandler_t __sysv_signal(int, sighandler_t);
SIGNAL_LIKE(signal, signal, false)
SIGNAL_LIKE(bsd_signal, signal, false)
SIGNAL_LIKE(ssignal, signal, false)
SIGNAL_LIKE(sysv_signal, __sysv_signal, true)
SIGNAL_LIKE(__sysv_signal, __sysv_signal, true)
SIGNAL_LIKE(sigset, sigset, false)

#define SIGNO_GUARD(name, parameters, arguments)                               \
	PUBLIC int name parameters                                             \
	{                                                                      \
		NEED(name);                                                    \
		if (reserved(signo)) {                                         \
			errno = EINVAL;                                        \
			return -1;                                             \
		}                                                              \
		return real_##name arguments;                                  \
	}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
SIGNO_GUARD(sigignore, (int signo), (signo))
SIGNO_GUARD(siginterrupt, (int signo, int flag), (signo, flag))
SIGNO_GUARD(sighold, (int signo), (signo))
#pragma GCC diagnostic pop

/* --- masks and sets to wait for --- */

PUBLIC int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t copy;

	NEED(sigprocmask);
	return real_sigprocmask(how, how == SIG_UNBLOCK ? set : without(set, &copy),
				old);
}

PUBLIC int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t copy;

	NEED(pthread_sigmask);
	return real_pthread_sigmask(
		how, how == SIG_UNBLOCK ? set : without(set, &copy), old);
}

PUBLIC int pthread_attr_setsigmask_np(pthread_attr_t *attr, const sigset_t *set)
{
	sigset_t copy;

	NEED(pthread_attr_setsigmask_np);
	return real_pthread_attr_setsigmask_np(attr, without(set, &copy));
}

PUBLIC int sigsuspend(const sigset_t *set)
{
	sigset_t copy;

	NEED(sigsuspend);
	return real_sigsuspend(without(set, &copy));
}

PUBLIC int sigwait(const sigset_t *set, int *signo)
{
	sigset_t copy;

	NEED(sigwait);
	return real_sigwait(without(set, &copy), signo);
}

PUBLIC int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	sigset_t copy;

	NEED(sigwaitinfo);
	return real_sigwaitinfo(without(set, &copy), info);
}

PUBLIC int signalfd(int fd, const sigset_t *set, int flags)
{
	sigset_t copy;

	NEED(signalfd);
	return real_signalfd(fd, without(set, &copy), flags);
}

PUBLIC int pselect(int count, fd_set *in, fd_set *out, fd_set *ex,
		   const struct timespec *limit, const sigset_t *set)
{
	sigset_t copy;

	NEED(pselect);
	return real_pselect(count, in, out, ex, limit, without(set, &copy));
}

PUBLIC int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit,
		 const sigset_t *set)
{
	sigset_t copy;

	NEED(ppoll);
	return real_ppoll(fds, count, limit, without(set, &copy));
}

int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *,
		const sigset_t *, size_t);
PUBLIC int __ppoll_chk(struct pollfd *fds, nfds_t count,
		       const struct timespec *limit, const sigset_t *set,
		       size_t size)
{
	sigset_t copy;

	NEED(__ppoll_chk);
	return real___ppoll_chk(fds, count, limit, without(set, &copy), size);
}

/* --- waits with a relative time-out --- */

#define WAIT(name, timed, arguments)                                           \
	({                                                                     \
		bool is_timed = (timed);                                       \
		__typeof__(real_##name arguments) rc;                          \
		struct restart_note note = {0};                                \
		NEED(name);                                                    \
		if (is_timed)                                                  \
			restart_enter(&note, false);                           \
		rc = real_##name arguments;                                    \
		if (is_timed)                                                  \
			restart_leave(&note);                                  \
		rc;                                                            \
	})

PUBLIC int poll(struct pollfd *fds, nfds_t count, int limit)
{
	return WAIT(poll, limit > 0, (fds, count, limit));
}

int __poll_chk(struct pollfd *, nfds_t, int, size_t);
PUBLIC int __poll_chk(struct pollfd *fds, nfds_t count, int limit, size_t size)
{
	return WAIT(__poll_chk, limit > 0, (fds, count, limit, size));
}

PUBLIC int epoll_wait(int fd, struct epoll_event *events, int count, int limit)
{
	return WAIT(epoll_wait, limit > 0, (fd, events, count, limit));
}

PUBLIC int epoll_pwait(int fd, struct epoll_event *events, int count, int limit,
		       const sigset_t *set)
{
	sigset_t copy;

	return WAIT(epoll_pwait, limit > 0,
		    (fd, events, count, limit, without(set, &copy)));
}

PUBLIC int epoll_pwait2(int fd, struct epoll_event *events, int count,
			const struct timespec *limit, const sigset_t *set)
{
	sigset_t copy;

	return WAIT(epoll_pwait2, limit != NULL,
		    (fd, events, count, limit, without(set, &copy)));
}

PUBLIC int nanosleep(const struct timespec *limit, struct timespec *rest)
{
	return WAIT(nanosleep, true, (limit, rest));
}

PUBLIC int clock_nanosleep(clockid_t clock, int flags,
			   const struct timespec *limit, struct timespec *rest)
{
	return WAIT(clock_nanosleep, !(flags & TIMER_ABSTIME),
		    (clock, flags, limit, rest));
}

PUBLIC int usleep(useconds_t limit)
{
	return WAIT(usleep, true, (limit));
}

PUBLIC unsigned int sleep(unsigned int limit)
{
	return WAIT(sleep, true, (limit));
}

PUBLIC int semtimedop(int id, struct sembuf *ops, size_t count,
		      const struct timespec *limit)
{
	return WAIT(semtimedop, limit != NULL, (id, ops, count, limit));
}

PUBLIC int sigtimedwait(const sigset_t *set, siginfo_t *info,
			const struct timespec *limit)
{
	sigset_t copy;

	return WAIT(sigtimedwait, limit != NULL,
		    (without(set, &copy), info, limit));
}

/* --- coroutines --- */

/*
 * An ordinary frame of ours stays on the stack that is left: the context is
 * resumed in it, and returns through it. Whoever resumes it, by swapcontext(),
 * setcontext() or at the end of another (uc_link), leaves its entry: until libc has
 * changed the stack, with a system call on the way, it sleeps, and nobody else would
 * know of it.
 */
PUBLIC int swapcontext(ucontext_t *save, const ucontext_t *next)
{
	bool listed;
	int rc;

	NEED(swapcontext);
	listed = coroutine_suspend(save);
	rc = real_swapcontext(save, next);
	coroutine_resume(save, listed);
	return rc;
}
