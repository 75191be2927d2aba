/*
 * place.h - may a function of libc be called in this stopped thread?
 *
 * Included by: inject.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * pthread_create() takes locks of libc, of malloc and of the loader. A thread
 * that was stopped inside one of these may hold them. Its stack is therefore
 * unwound to the end:
 *
 *   innermost   libc       only in one of the calls that wait, which no code
 *                          makes that holds one of those locks
 *               program    any
 *               libc       none: a callback of libc (qsort, atexit, fork); but
 *                          a handler may have interrupted such a wait
 *   outermost   libc       the start of a thread
 *   anywhere    loader, malloc    never
 */
#ifndef OPUS_PLACE_H
#define OPUS_PLACE_H

#include "remote.h"

struct place;

/* Read the unwind information of all objects, so that the thread need not wait
 * for it. `home`: see remote.h; handlers return there. Errors: OPUS_RESOURCE, OPUS_INTERNAL. */
enum opus_code place_init(struct place **ret, const struct modules *m,
			  uint64_t home, struct opus_error *err) MUST_CHECK;
void place_deinit(struct place **place);

/* NULL if a function may be called in the thread, which is stopped, else why not
 * (static text). */
const char *place_refusal(struct place *place, const struct remote *r);

/* Is this a system call that threads wait in without a lock of libc? */
bool place_waits(long number, uint64_t second_argument);

#endif
