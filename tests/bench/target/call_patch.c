/*
 * call_patch.c - the timed functions again, the same to the last byte.
 *
 * Called by:  call.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     safe.
 *
 * PREFIX says whose: program_ or library_; it is the patch's name as well,
 * unless NAME is given. With WAITS the function that waits is replaced, too.
 */
#include <opus-livepatch/patch.h>

#include "shapes.h"

#ifndef NAME
#define NAME PREFIX
#endif
OPUS_PATCH(OPUS_QUOTE(NAME), "the same functions elsewhere");
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
REPLACE(JOIN(PREFIX, float1));
REPLACE(JOIN(PREFIX, float8));
REPLACE(JOIN(PREFIX, struct));
#ifdef WAITS
REPLACE(JOIN(PREFIX, waits));
#endif
