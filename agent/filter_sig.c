/*
 * filter_sig.c - tell of seccomp filters before they are installed.
 *
 * Called by:  the host, in place of prctl(2) and by restart_sig.c, in place of
 *             syscall(2); contact_sig.c, filter.c.
 * Runs on:    any thread, also in handlers of the host.
 * Locks:      none.
 * Signal:     safe.
 *
 * Filters that are installed by the program's own `syscall` instructions are not
 * seen.
 */
#include "filter.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <time.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "arch/x86_64/raw.h"
#include "common/wire.h"
#include "contact.h"
#include "stop_shared.h"

#define MOMENT_NS 30000     /* a signal that was sent has arrived */
#define WAIT_NS 1000000000u /* as in fork.c; no stop is that long */

uint32_t filter_counts_sig(void)
{
	uint32_t ended = __atomic_load_n(&opus_beacon.filters_ended, __ATOMIC_SEQ_CST);

	return (uint32_t)__atomic_load_n(&opus_beacon.filters_begun,
					 __ATOMIC_SEQ_CST) << 16 | ended;
}

static void begin(void)
{
	uint64_t now = raw_now(), end = now + MOMENT_NS;
	const struct timespec slice = {0, 100000};

	__atomic_add_fetch(&opus_beacon.filters_begun, 1, __ATOMIC_SEQ_CST);
	contact_retry_end_sig();
	while (raw_now() < end)
		__builtin_ia32_pause();
	end = now + WAIT_NS;
	while (atomic_load(&stop_shared.active) != 0 && raw_now() < end &&
	       atomic_load(&stop_shared.owner) != (uint32_t)raw_gettid())
		raw_syscall3(SYS_nanosleep, (long)&slice, 0, 0);
}

static bool installs(long number, long operation)
{
	return number == SYS_prctl ? operation == PR_SET_SECCOMP
	     : operation == SECCOMP_SET_MODE_STRICT ||
	       operation == SECCOMP_SET_MODE_FILTER;
}

long filter_call_sig(long number, long a, long b, long c, long d, long e, long f)
{
	bool filter = installs(number, a);
	long rc;

	if (filter)
		begin();
	rc = raw_syscall6(number, a, b, c, d, e, f);
	if (filter)
		__atomic_add_fetch(&opus_beacon.filters_ended, 1, __ATOMIC_SEQ_CST);
	if (rc >= 0 || rc < -4095)
		return rc;
	errno = (int)-rc;
	return -1;
}

/* As glibc's, which has the rest of the arguments in `...`. */
__attribute__((visibility("default"))) int prctl(int, long, long, long, long);
__attribute__((visibility("default"))) int prctl(int option, long a, long b,
						 long c, long d)
{
	return (int)filter_call_sig(SYS_prctl, option, a, b, c, d, 0);
}

bool filter_is_known_sig(uint64_t contact)
{
	return WIRE_CONTACT_FILTERS(contact) ==
	       (filter_counts_sig() >> 16 & WIRE_CONTACT_FILTERS_MASK);
}
