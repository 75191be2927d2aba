/*
 * agent.c - start dormant, survive fork, switch off rather than do harm.
 *
 * Called by:  the loader (constructor), fork(3) (child handler).
 * Runs on:    constructor; the forking thread in a child.
 * Locks:      the loader's in the constructor (dlsym).
 * Signal:     unsafe.
 *
 * After the constructor nothing of the agent runs: no thread, no descriptor,
 * no timer. What it leaves is one signal handler, the interposed functions of
 * preload.c and the beacon.
 */
#include "agent.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "altstack.h"
#include "arch/x86_64/raw.h"
#include "contact.h"
#include "control.h"
#include "follow.h"
#include "filter.h"
#include "fork.h"
#include "gate.h"
#include "got.h"
#include "guard.h"
#include "late.h"
#include "library.h"
#include "restart.h"
#include "safe.h"
#include "stop.h"
#include "stop_signal.h"
#include "text.h"
#include "tls.h"
#include "update.h"

START_DATA int agent_signal;
START_DATA bool agent_late;
START_DATA _Atomic uint32_t agent_off;

__attribute__((visibility("default"), section(".opus.beacon"), aligned(4096)))
struct beacon opus_beacon = {
	.magic = BEACON_MAGIC,
	.version = BEACON_VERSION,
	.size = sizeof(struct beacon),
	.wire_version = WIRE_VERSION,
	.agent = OPUS_RELEASE,
};

/* --- beacon --- */

AT_START void beacon_begin(void)
{
	__atomic_add_fetch(&opus_beacon.sequence, 1, __ATOMIC_SEQ_CST);
}

AT_START void beacon_end(void)
{
	__atomic_add_fetch(&opus_beacon.sequence, 1, __ATOMIC_SEQ_CST);
}

AT_START void beacon_flag(uint32_t set, uint32_t clear)
{
	beacon_begin();
	opus_beacon.flags = (opus_beacon.flags | set) & ~clear;
	beacon_end();
}

void agent_switch_off(const char *reason)
{
	log_line("switched off: %s", reason);
	beacon_begin();
	snprintf(opus_beacon.off_reason, sizeof(opus_beacon.off_reason), "%s",
		 reason);
	opus_beacon.flags |= BEACON_OFF;
	beacon_end();
	atomic_store(&agent_off, 1);
}

/* --- where no thread may be created (contact_sig.c) --- */

AT_START static int range_of(struct dl_phdr_info *info, size_t size, void *data)
{
	uintptr_t address = (uintptr_t)data;
	uintptr_t low = UINTPTR_MAX, high = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		low = start < low ? start : low;
		high = start + p->p_memsz > high ? start + p->p_memsz : high;
	}
	if (address < low || address >= high || contact_range_count == 16)
		return 0;
	contact_ranges[contact_range_count].start = low;
	contact_ranges[contact_range_count++].end = high;
	return 1;
}

/* The agent comes late: sigaction() has been called without it. */
static void nodefer_look(void)
{
	struct sigaction now;

	for (int signo = 1; signo <= 64; signo++)
		if (sigaction(signo, NULL, &now) == 0 &&
		    now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN &&
		    now.sa_flags & SA_NODEFER)
			atomic_store(&contact_nodefer, true);
}

AT_START void contact_init(void)
{
	/* One function of each: libc, the loader, whoever provides malloc (the
	 * program itself, jemalloc, tcmalloc, a sanitizer), and the agent. */
	const char *names[] = {"malloc", "free", "pthread_create", "__tls_get_addr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		dl_iterate_phdr(range_of, dlsym(RTLD_DEFAULT, names[i]));
	dl_iterate_phdr(range_of, (void *)contact_init);
	if (agent_late) {
		nodefer_look();
		contact_syscall = (uintptr_t)dlsym(RTLD_DEFAULT, "syscall");
	}
	contact_sigmask = (uintptr_t)libc_function("pthread_sigmask");
	/* The kernel puts it above all frames (execve(2)). */
	contact_first_stack = getauxval(AT_EXECFN);
}

/* --- fork --- */

static void agent_forked(void)
{
	fork_child();
	text_finish(); /* not the parent's memory, for the child to write to */
	stop_forked();
	filter_forked();
	control_forked();
	update_forked();
	guard_forked();
	library_forked();
	safe_forked();
	beacon_begin();
	opus_beacon.pid = getpid();
	opus_beacon.flags &= ~(uint32_t)BEACON_ACTIVE;
	beacon_end();
}

static void agent_has_forked(void)
{
	fork_end();
	guard_has_forked();
}

/* --- start --- */

/* What pthread_atfork(3) calls, which would be linked in, far away from the rest
 * of the start. The last argument says whose functions they are, should these be
 * unloaded. */
int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

/* The highest that can be had: valgrind keeps 64 to itself. */
AT_START static int signal_take(const struct sigaction *act)
{
	struct sigaction now;

	for (int signo = 64; signo > 60; signo--) {
		/* The host of an agent that comes late may use it. */
		if (agent_late && (sigaction(signo, NULL, &now) != 0 ||
				   now.sa_handler != SIG_DFL))
			continue;
		if (preload_sigaction(signo, act) == 0)
			return signo;
	}
	return 0;
}

AT_START static void signal_install(void)
{
	struct sigaction act;
	uint64_t own;

	memset(&act, 0, sizeof(act));
	act.sa_sigaction = signal_handle_sig;
	/* SA_ONSTACK: a thread of the host may have no room on its stack, but
	 * an alternate one for just that. */
	act.sa_flags = SA_SIGINFO | SA_RESTART |
		       (atomic_load(&altstack_avoided) ? 0 : SA_ONSTACK);
	/* All signals, glibc's 32 and 33 as well: nothing of the host runs on
	 * top of a parked thread. sigfillset() would leave those two out. */
	memset(&act.sa_mask, 0xff, sizeof(act.sa_mask));
	/* An agent that comes late cannot keep a signal of its own out of masks
	 * that are set already. It asks by SIGSETXID as well, which glibc keeps
	 * out of them (stop_signal.h) and which has its handler since the
	 * thread that loads us was made. */
	if (agent_late)
		stop_signal_prepare();
	agent_signal = agent_late && stop_signal_number ? stop_signal_number
							: signal_take(&act);
	if (agent_signal == 0)
		return;
	own = 1ul << (agent_signal - 1);
	opus_beacon.signal = (uint32_t)agent_signal;
	/* The program that started this one may have left it blocked. */
	raw_syscall6(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&own, 0, sizeof(own),
		     0, 0);
	beacon_flag(BEACON_READY | (agent_late ? BEACON_INJECTED : 0), 0);
}

AT_START static bool code_read(const void *state, uint64_t at, void *bytes, size_t size)
{
	(void)state;
	memcpy(bytes, (const void *)at, size);
	return true;
}

AT_START static bool libc_fits(void)
{
	const void *poll = libc_function("poll");

	return !poll || waits_find((uint64_t)poll, code_read, NULL, &restart_waits);
}

__attribute__((constructor)) AT_START static void agent_start(void)
{
	struct opus_error err;

	/* A preloaded agent starts in the first thread; opus-inject loads it in
	 * one that it makes. */
	agent_late = raw_gettid() != getpid();
	tls_init(getauxval(AT_HWCAP2));
	preload_init();
	follow_init();
	library_init();
	fork_init();
	guard_init();
	if (agent_late) {
		/* fork() first: no child may inherit the loader's lock, which is
		 * held until the end. */
		fork_hold();
		got_init();
		got_take();
	}
	contact_init();
	if (agent_late)
		late_begin(); /* calls that the agent's syscall() has not seen */
	else /* late: before the first update, see text.h */
		text_init();
	if (control_init(&err) != OPUS_OK ||
	    __register_atfork(fork_begin, agent_has_forked, agent_forked,
			      &opus_beacon) != 0) {
		agent_switch_off("out of memory at start");
		if (agent_late)
			fork_let();
		return;
	}
	opus_beacon.pid = getpid();
	if (libc_fits())
		signal_install();
	else
		agent_switch_off(WAITS_UNKNOWN);
	if (agent_late)
		fork_let();
}
