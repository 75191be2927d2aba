/*
 * own_signal.h - queue one of the agent's signals to a thread of this process.
 *
 * Included by: stop.c, altstack.c, control.c.
 * Runs on:     any thread, also in a handler.
 * Locks:       none; raw system calls.
 * Signal:      safe.
 *
 * With a value: by it the handler tells them from everything else that may come
 * with the same number. Not sigqueue(3), which asks any thread of the process.
 */
#ifndef OPUS_OWN_SIGNAL_H
#define OPUS_OWN_SIGNAL_H

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "arch/x86_64/raw.h"

/* What is the same for every thread. */
static inline siginfo_t own_signal(int signo)
{
	siginfo_t info = {.si_signo = signo, .si_code = SI_QUEUE};

	info.si_pid = raw_getpid();
	info.si_uid = (uid_t)raw_syscall3(SYS_getuid, 0, 0, 0);
	return info;
}

/* 0, or -errno: ESRCH if there is no such thread, EAGAIN if no more signals can be
 * queued (RLIMIT_SIGPENDING). */
static inline long own_signal_send(siginfo_t *info, uint32_t tid, uint64_t value)
{
	info->si_value.sival_ptr = (void *)value;
	return raw_syscall6(SYS_rt_tgsigqueueinfo, info->si_pid, tid,
			    info->si_signo, (long)info, 0, 0);
}

#endif
