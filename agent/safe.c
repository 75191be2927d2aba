/*
 * safe.c - the functions of <opus-livepatch/safe.h>.
 *
 * Called by:  programs that know the agent.
 * Runs on:    any thread of the host program.
 * Locks:      those of pthread_create, in opus_lp_safe_point().
 * Signal:     unsafe: lock.
 *
 * A deferred section is counted, and nothing else: an update that finds one
 * when all threads are stopped lets them go and tries again.
 */
#include "safe.h"

#include "contact.h"
#include "include/opus-livepatch/safe.h"
#include "library.h"

#define PUBLIC __attribute__((visibility("default")))

_Atomic uint32_t safe_deferred;
static __thread uint32_t own_sections;

void safe_forked(void)
{
	atomic_store(&safe_deferred, own_sections);
}

PUBLIC void opus_lp_safe_point(void)
{
	for (int i = 0; i < CONTACT_QUEUE; i++)
		if (atomic_load_explicit(&contact_queue[i], memory_order_relaxed)) {
			library_wake();
			return;
		}
}

PUBLIC void opus_lp_defer_begin(void)
{
	own_sections++;
	atomic_fetch_add(&safe_deferred, 1);
}

PUBLIC void opus_lp_defer_end(void)
{
	if (own_sections == 0)
		return;
	own_sections--;
	atomic_fetch_sub(&safe_deferred, 1);
}
