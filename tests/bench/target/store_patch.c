/*
 * store_patch.c - another version of the function f<NUMBER> of target.c.
 *
 * Called by:  target.c.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     safe.
 */
#include <opus-livepatch/patch.h>

#define TEXT(x) #x
#define NAME(x) "bench-" TEXT(x)
#define JOIN(x) f##x
#define FUNCTION(x) JOIN(x)

OPUS_PATCH(NAME(NUMBER), "another version of one function");

int FUNCTION(NUMBER)(int n);
int FUNCTION(NUMBER)(int n)
{
	return n * 5 + NUMBER;
}
#define REPLACE(x) OPUS_REPLACE(x)
REPLACE(FUNCTION(NUMBER));
