/*
 * call_library.c - the timed functions, in a shared library.
 *
 * Called by:  call.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     safe.
 */
#include "shapes.h"

SHAPES(library_)
