/*
 * call_patch.c - the timed functions again, the same to the last byte.
 *
 * Called by:  call.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     safe.
 *
 * PREFIX says whose: program_ or library_; it is the patch's name as well.
 */
#include <opus-livepatch/patch.h>

#include "shapes.h"

OPUS_PATCH(OPUS_QUOTE(PREFIX), "the same functions elsewhere");
SHAPES(PREFIX)

#define REPLACE(name) OPUS_REPLACE(name)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
REPLACE(JOIN(PREFIX, none));
REPLACE(JOIN(PREFIX, loop));
REPLACE(JOIN(PREFIX, 1));
REPLACE(JOIN(PREFIX, 2));
REPLACE(JOIN(PREFIX, 4));
REPLACE(JOIN(PREFIX, 6));
REPLACE(JOIN(PREFIX, 8));
