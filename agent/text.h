/*
 * text.h - the only way to change executable memory.
 *
 * Included by: update.c, table.c.
 * Runs on:     agent thread, all other threads stopped.
 * Locks:       none; raw system calls.
 * Signal:      unsafe for handlers, safe while threads are stopped.
 */
#ifndef OPUS_TEXT_H
#define OPUS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* In the constructor: register for membarrier(2). While the process has one
 * thread that is a flag in the kernel; with more it waits for all cores
 * (synchronize_rcu), which took up to 21 s on two busy cores. */
void text_init(void);

/*
 * Before the stop: find out which way of writing this process allows and open
 * what it needs. Touches no code. OPUS_CONFINED if there is none.
 */
enum opus_code text_prepare(struct opus_error *err) MUST_CHECK;

/* Make the page of `address` private to the process beforehand, by writing a
 * byte over itself, so that the copy of the page is not made during the stop. */
void text_warm(uintptr_t address);

/* Write `size` bytes of code, TEXT_WRITE_MAX at most. On error nothing at
 * `address` has changed (what had been written in part is put back), or, if
 * that failed, too, err->code is OPUS_INCONSISTENT. */
#define TEXT_WRITE_MAX 8192u
enum opus_code text_write(uintptr_t address, const void *bytes, size_t size,
			  struct opus_error *err) MUST_CHECK;

/* All cores see new code from here on (membarrier(2), SYNC_CORE). */
void text_sync(void);

/* Close what text_prepare() opened. */
void text_finish(void);

#endif
