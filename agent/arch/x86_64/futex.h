/*
 * futex.h - wait for and wake on a word of this process (futex(2)).
 *
 * Included by: *_sig.c, stop.c.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      safe.
 */
#ifndef OPUS_FUTEX_H
#define OPUS_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <time.h>

#include "raw.h"

/* Sleep while *word == value, at most limit_ns. May return early; -ETIMEDOUT
 * if it did not. */
static inline long futex_wait(const void *word, uint32_t value,
			      uint64_t limit_ns)
{
	struct timespec t = {(time_t)(limit_ns / 1000000000u),
			     (long)(limit_ns % 1000000000u)};

	return raw_syscall6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value,
			    (long)&t, 0, 0);
}

/* Is *word == value? 0, -EAGAIN: no, -EFAULT: there is no memory; other errors tell
 * nothing. FUTEX_CMP_REQUEUE compares before it has nobody to wake, nor to move. */
static inline long futex_compare(const uint32_t *word, uint32_t value)
{
	return raw_syscall6(SYS_futex, (long)word, FUTEX_CMP_REQUEUE_PRIVATE, 0, 0,
			    (long)word, value);
}

static inline void futex_wake_all(const void *word)
{
	raw_syscall6(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, INT_MAX, 0, 0, 0);
}

/* Nanoseconds of a clock, by the system call: the vDSO of a chrooted or
 * instrumented process is not ours to rely on in a handler. */
static inline uint64_t raw_clock(int clock)
{
	struct timespec t = {0, 0};

	raw_syscall3(SYS_clock_gettime, clock, (long)&t, 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t raw_now(void)
{
	return raw_clock(CLOCK_MONOTONIC);
}

/* Less than a second; a signal may end it sooner. By the call that libc makes, too:
 * it is one that filters are asked for (common/calls.h). */
static inline void raw_sleep(uint32_t ns)
{
	const struct timespec t = {0, (long)ns};

	raw_syscall6(SYS_clock_nanosleep, CLOCK_REALTIME, 0, (long)&t, 0, 0, 0);
}

#endif
