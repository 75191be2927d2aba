/*
 * unwind.h - the frames of a parked thread, exactly.
 *
 * Included by: scan.c, control.c.
 * Runs on:     agent thread.
 * Locks:       unwind_load() takes the loader's; unwind_walk() none.
 * Signal:      unsafe: heap, in unwind_load() only.
 */
#ifndef OPUS_UNWIND_H
#define OPUS_UNWIND_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "common/error.h"

struct unwind_frame {
	uintptr_t address; /* program counter, or return address */
	uintptr_t sp;      /* stack pointer in this frame */
	bool exact;        /* address is of an instruction about to run (the
			    * innermost frame, one that a signal interrupted),
			    * not behind a call */
};

/* Return false to stop. */
typedef bool unwind_visit(const struct unwind_frame *frame, void *data);

/*
 * Load libunwind, once. It is opened with RTLD_LOCAL and never linked: in the
 * global scope its _Unwind_RaiseException would take over the exceptions of a
 * C++ host. OPUS_RESOURCE if it is not installed; the agent then works with
 * what conservative scanning can tell.
 */
enum opus_code unwind_load(struct opus_error *err);
/* Has that been done? */
bool unwind_loaded(void);
/* A file for unwind_load() to try where it finds none by name; those that it
 * needs come first. Takes the descriptor over; -1 is passed over. */
void unwind_give(int fd);
/* Close what was given and not used. Also in the child of fork(). */
void unwind_forget(void);

/* Reserve memory for unwind_begin(). Not while stopped. */
enum opus_code unwind_prepare(struct opus_error *err) MUST_CHECK;

/* Read the memory map and check the snapshot of objects against it. Call once
 * in each stop before unwind_walk(). False: nothing can be unwound. */
bool unwind_begin(void);

/*
 * Visit the frames of a parked thread from the innermost out. True if the walk
 * came to the end of the stack by unwind information alone, so that no frame
 * can have been missed; false if it ended early or had to guess.
 * Return addresses that a hook replaced, and program counters in a trampoline,
 * are given as the original ones.
 */
bool unwind_walk(ucontext_t *context, unwind_visit *visit, void *data);

/* End of the main thread's stack, as of the last reading of the map; 0: unknown. */
uintptr_t unwind_main_stack(void);

/* Is [address, address + size) readable, as of unwind_begin()? */
bool unwind_readable(uintptr_t address, uintptr_t size);
/* End of the readable mapping that holds the address, or 0. */
uintptr_t unwind_map_end(uintptr_t address);

#endif
