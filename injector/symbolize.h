/*
 * symbolize.h - names for the addresses of a backtrace, found outside the
 *               process.
 *
 * Included by: verb_why.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_SYMBOLIZE_H
#define OPUS_SYMBOLIZE_H

#include "report.h"

/*
 * Fill in the frames of all threads of `r`: symbol, module, source line, and
 * which of them lie in the thread's old function. What cannot be found out
 * stays unknown; this never fails. Only files of this machine are read
 * (/usr/lib/debug and the object's own folder); no debuginfod is asked.
 */
void symbolize_report(struct report *r);

/* Is the symbol `name` at `start` a part of the old function: it itself, or a
 * part that the compiler split off ("NAME.cold")? */
bool symbolize_is_old(const struct wire_thread *t, const char *name,
		      uint64_t start);

#endif
