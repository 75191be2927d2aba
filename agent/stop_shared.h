/*
 * stop_shared.h - the words on which stop.c and stop_sig.c meet.
 *
 * Included by: stop.c, stop_sig.c.
 * Runs on:     any thread; data only.
 * Locks:       none.
 * Signal:      safe: atomics.
 */
#ifndef OPUS_STOP_SHARED_H
#define OPUS_STOP_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

/* May a parked thread go on when it was held for too long? LOOSE to HELD and back
 * by the agent thread, LOOSE to BROKEN by the thread that goes. */
enum stop_hold { STOP_LOOSE, STOP_HELD, STOP_BROKEN };

struct stop_shared {
	_Atomic uint32_t number;   /* of the stop; written by the agent thread */
	_Atomic uint32_t active;   /* 1 from the first signal to the release */
	_Atomic uint32_t listed;   /* slots that are filled */
	_Atomic uint32_t parked;   /* how many have parked, or one too many: of
				    * the stop before; threads write it */
	_Atomic uint32_t wanted;   /* wake the agent thread at so many parked */
	_Atomic uint32_t released; /* number of the last stop that has ended */
	_Atomic uint32_t hold;     /* enum stop_hold */
	_Atomic uint32_t owner;    /* id of the thread that stops the others */
	_Atomic uint32_t kept_out; /* threads between stop_keep_out_sig() and
				    * stop_let_in_sig() */
	_Atomic uint32_t keeper;   /* id of the last of them */
	_Atomic uint32_t bare;     /* id of a thread that has no thread-local
				    * storage: it cannot be stopped */
	_Atomic uint32_t main_in;  /* 1: the main thread is parked, or on its
				    * way out; it writes it */
	_Atomic uint32_t sharing;  /* id of one that parked with another's */
};

extern struct stop_shared stop_shared;

#endif
