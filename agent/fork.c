/*
 * fork.c - no fork while the agent thread holds what a child would need.
 *
 * Called by:  the host program in place of libc's fork(); fork handlers; the
 *             agent's own code around the loader.
 * Runs on:    any thread (begin, end, fork); agent thread (hold, let).
 * Locks:      one of its own, and waits for it with a limit only.
 * Signal:     safe, as fork(3) is: atomics and futex(2).
 *
 * A program with one thread may do anything in the child of fork(), dlopen() and
 * getpwnam() too. With the agent's thread it has two, and the child would inherit
 * the loader's lock, for ever held by a thread that it has not got: glibc makes
 * only those of malloc and stdio anew (measured: of 25 updates of a program that
 * does nothing but fork, one hung a child).
 *
 * The interposed fork() waits before anything else: behind libc's, the fork
 * handlers of the host may hold the lock of its malloc, which the agent thread
 * may want next. Forks inside libc are seen by the handler alone.
 */
#include "fork.h"

#include <dlfcn.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "common/start.h"
#include "proc.h"

#define HELD 0x80000000u /* the rest: how many threads are forking */
#define WAIT_NS 1000000000u
#define HOLD_NS 10000000000u /* the agent for those that fork: much memory takes long */
#define WORKS_NS 30000000000u /* those that fork for an agent that gets on */

static _Atomic uint32_t fork_word;
static _Atomic uint32_t fork_holder; /* thread id */
static uint32_t hold_depth;          /* of that thread */
static __thread uint32_t begin_depth;

/* Wait until none of `bits` is set, but not for ever. */
static bool word_await(uint32_t bits, uint64_t limit_ns)
{
	uint64_t end = raw_now() + limit_ns, now;
	uint32_t word;

	while (((word = atomic_load(&fork_word)) & bits) != 0) {
		if ((now = raw_now()) >= end)
			return false;
		futex_wait(&fork_word, word, end - now);
	}
	return true;
}

/* Has the holder run since `*seen`? */
static bool holder_works(uint64_t *seen)
{
	uint32_t tid = atomic_load(&fork_holder);
	uint64_t before = *seen;

	*seen = tid != 0 ? proc_run_time(tid) : 0;
	return *seen != 0 && *seen != before;
}

/*
 * Until the agent lets go. What it waits for may be ours, a lock of the host's that
 * is held around this fork: if it does nothing for a second, the fork goes on, and a
 * child that loads something may hang. On a busy machine it only takes longer
 * (measured: with ten that want each processor a child was lost that way).
 */
static void holder_await(void)
{
	uint64_t end = raw_now() + WORKS_NS, seen = 0;

	/* In a child that libc does not know of the word is a copy, and nobody there. */
	while (opus_beacon.pid == raw_getpid() && !word_await(HELD, WAIT_NS) &&
	       holder_works(&seen) && raw_now() < end)
		;
}

void fork_hold(void)
{
	if (hold_depth++ != 0)
		return;
	atomic_store(&fork_holder, (uint32_t)raw_gettid());
	atomic_fetch_or(&fork_word, HELD);
	(void)word_await(~HELD, HOLD_NS);
}

void fork_let(void)
{
	if (--hold_depth != 0)
		return;
	atomic_store(&fork_holder, 0);
	atomic_fetch_and(&fork_word, ~HELD);
	futex_wake_all(&fork_word);
}

void fork_begin(void)
{
	uint32_t word = atomic_load(&fork_word);

	/* A patch's constructor may fork, too. */
	if (begin_depth++ != 0 ||
	    atomic_load(&fork_holder) == (uint32_t)raw_gettid())
		return;
	for (int tries = 0;;) {
		if ((word & HELD) && tries++ == 0)
			holder_await();
		if (atomic_compare_exchange_weak(&fork_word, &word, word + 1))
			return;
	}
}

void fork_end(void)
{
	if (begin_depth == 0 || --begin_depth != 0 ||
	    atomic_load(&fork_holder) == (uint32_t)raw_gettid())
		return;
	if (((atomic_fetch_sub(&fork_word, 1) - 1) & ~HELD) == 0)
		futex_wake_all(&fork_word);
}

void fork_child(void)
{
	begin_depth = hold_depth = 0;
	atomic_store(&fork_holder, 0);
	atomic_store(&fork_word, 0);
}

START_DATA static pid_t (*real_fork)(void);

/* Not at the first fork: dlsym(3) takes the loader's lock, which another thread may
 * hold that waits for this one, in the constructor of what it loads. */
AT_START void fork_init(void)
{
	*(void **)&real_fork = dlsym(RTLD_NEXT, "fork");
}

__attribute__((visibility("default"))) pid_t fork(void)
{
	pid_t pid;

	/* A library that starts before the agent's constructor may be the first. */
	if (!real_fork)
		fork_init();
	fork_begin();
	pid = real_fork();
	if (pid != 0)
		fork_end();
	return pid;
}
