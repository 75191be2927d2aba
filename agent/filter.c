/*
 * filter.c - were the filters asked that there are now?
 *
 * Called by:  stop.c, control.c, agent.c.
 * Runs on:    agent thread.
 * Locks:      none.
 * Signal:     unsafe: stdio.
 */
#include "filter.h"

#include "agent.h"
#include "common/wire.h"

static uint32_t known; /* filter_counts_sig() with none under way */

void filter_know(void)
{
	uint32_t ended = filter_counts_sig() & 0xffff;

	known = ended << 16 | ended;
}

uint64_t filter_value(void)
{
	return WIRE_CONTACT_FILTERS_SET(known >> 16);
}

enum opus_code filter_check(struct opus_error *err)
{
	if (filter_counts_sig() == known)
		return OPUS_OK;
	return error_set(err, OPUS_CONFINED,
		"it has installed a seccomp filter just now; nothing changed, try again");
}

void filter_forked(void)
{
	opus_beacon.filters_ended = opus_beacon.filters_begun;
}
