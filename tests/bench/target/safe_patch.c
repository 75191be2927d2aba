/*
 * safe_patch.c - another version of serve() in safe.c.
 *
 * Called by:  safe.c.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     safe.
 */
#include <opus-livepatch/patch.h>

#include "serve.h"

OPUS_PATCH("safe", "another version of serve()");

int serve(uint64_t ns)
{
	return serve_work(ns, 2);
}
OPUS_REPLACE(serve);
