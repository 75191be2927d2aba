/*
 * scan.h - is a parked thread inside code that is to be replaced?
 *
 * Included by: update.c.
 * Runs on:     agent thread, the threads that are looked at stopped.
 * Locks:       none in scan_thread(); scan_ranges_* allocate.
 * Signal:      unsafe: heap, outside of scan_thread().
 */
#ifndef OPUS_SCAN_H
#define OPUS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "stop.h"

/* Code that no thread may be inside of. */
struct scan_range {
	uintptr_t start, end;
	uint32_t site;
	bool entry; /* starts with a function's entry: a thread right at the
		     * entry has not entered yet */
};

struct scan_ranges {
	struct scan_range *list; /* sorted by start after scan_ranges_sort() */
	uint32_t count;
	uint32_t capacity;
	uintptr_t end; /* the largest, after scan_ranges_sort() */
};

enum opus_code scan_ranges_add(struct scan_ranges *r, uintptr_t start,
			       uintptr_t end, uint32_t site, bool entry,
			       struct opus_error *err) MUST_CHECK;
void scan_ranges_sort(struct scan_ranges *r);
void scan_ranges_deinit(struct scan_ranges *r);

enum scan_verdict {
	SCAN_SAFE,
	SCAN_INSIDE,     /* slot: where the outermost old frame returns to */
	SCAN_UNREADABLE, /* something may be inside; no place for a hook */
	SCAN_GATE,       /* passing a gate: ask again in a moment */
	SCAN_PROLOGUE,   /* interrupted among the displaced bytes, further out */
};

/* No function was seen: where the stack could not be read. */
#define SCAN_NO_SITE UINT32_MAX

struct scan_result {
	enum scan_verdict verdict;
	uint32_t site;  /* whose old code is on the stack, or SCAN_NO_SITE */
	uintptr_t *slot;
	/* Frames of gates on the stack; UINT32_MAX if it was not read to its
	 * end. More than one: a handler has interrupted a gate. */
	uint32_t gates;
};

/* Bounds of the main thread's stack and the like; before the stop. */
enum opus_code scan_prepare(struct opus_error *err) MUST_CHECK;
/* Forget what the last stop had read. Call right after each stop. */
void scan_begin(void);
/* Has a stack of this stop been taken for unreadable because libunwind is not
 * loaded? Most updates find no stack that has to be unwound. */
bool scan_wants_unwind(void);
/* Look at one thread. Never fails: what cannot be known is not safe. */
struct scan_result scan_thread(const struct stop_thread *t,
			       const struct scan_ranges *ranges);

/* The same for one that waits for its vforked child, of which only stack pointer
 * and program counter are known. Never SCAN_INSIDE: nothing can be hooked. */
struct scan_result scan_held(const struct stop_thread *t, ucontext_t *child,
			     const struct scan_ranges *ranges);

/* Copy our own memory up to the first hole, which gives an end instead of a
 * fault. Returns how many bytes, 0 if `at` is in a hole, -1 if the kernel does
 * not let us look. Any thread that is not in a handler. */
ssize_t scan_memory(uintptr_t at, void *ret, size_t size);
/* Is the stopped thread on an alternate signal stack? */
bool scan_signal_stack(const struct stop_thread *t);

#endif
