/*
 * unit_limits.c - whether a service's limits leave room for the agent.
 *
 * Called by:  unit_check.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * While it is patched a process has two threads more, some descriptors, a copy
 * of the patch in a memory file, for which RLIMIT_FSIZE counts as for any
 * file, and one queued signal for each thread. A limit that is too low harms
 * nobody: the update is refused, and the limit named. Settings as in
 * systemd.exec(5) and systemd.resource-control(5).
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unit.h"

#define MIB (1024.0 * 1024)

static const struct {
	const char *key;
	double enough; /* from here on nothing is said */
	bool in_the_way;
	const char *text;
} limits[] = {
	{"LimitNPROC", 1e300, false, "lifted by opus-send while a process is patched"},
	{"TasksMax", 1024, false, "each process that is patched has two threads more meanwhile; opus-send cannot lift this"},
	{"LimitNOFILE", 64, false, "a process that is patched has some ten descriptors more meanwhile"},
	{"LimitFSIZE", MIB, true, "a patch is copied into a memory file, for which this counts: allow 1M at least"},
	{"LimitSIGPENDING", 64, true, "the stop queues one signal for each thread: allow as many, and some more"},
	{"LimitAS", 1e300, false, "has to leave the patch's size and 1M"},
	{"LimitDATA", 1e300, false, "has to leave the patch's size and 1M"},
	{"MemoryMax", 1e300, false, "the kernel kills where it is full: opus-send begins nothing unless the patch's size and 1M are left"},
};

/* A number with a unit, base 1024. False: none, as "infinity" and "50%" are. */
static bool number_read(const char *value, double *ret)
{
	static const char units[] = "KMGTPE";
	const char *found;
	ptrdiff_t times;
	char *end;

	*ret = strtod(value, &end);
	if (end == value || *end == '%' || strncasecmp(value, "inf", 3) == 0)
		return false;
	found = *end ? strchr(units, *end) : NULL;
	for (times = found ? found - units + 1 : 0; times > 0; times--)
		*ret *= 1024;
	return true;
}

void unit_limits(const struct unit *u, unit_limit_fn *told, void *data)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const char *value = unit_value(u, limits[i].key);
		double number;

		/* Of "soft:hard" the soft one counts. */
		if (value && number_read(value, &number) && number < limits[i].enough)
			told(data, limits[i].key, limits[i].in_the_way, limits[i].text);
	}
}
