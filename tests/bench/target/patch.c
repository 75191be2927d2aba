/*
 * patch.c - other versions of all functions of target.c.
 *
 * Called by:  target.c.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     safe.
 */
#include <opus-livepatch/patch.h>

#include "functions.h"

OPUS_PATCH("bench", "other versions of all functions");

#define F(x)                                                                   \
	int f##x(int n);                                                       \
	int f##x(int n) { return n * 5 + x; }                                  \
	OPUS_REPLACE(f##x);
FUNCTIONS
