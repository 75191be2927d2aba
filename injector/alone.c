/*
 * alone.c - two tools at once must not bring two agents in.
 *
 * Called by:  inject.c.
 * Runs on:    command.
 * Locks:      flock(2) on a file of /proc.
 * Signal:     unsafe: heap.
 */
#include "alone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "beacon_read.h"
#include "common/cleanup.h"
#include "interrupt.h"
#include "playground.h"

#define LOCK_NS 20000000000ull /* longer than anybody takes */
#define MOMENT_NS 1000000ull

enum opus_code alone_lock(pid_t pid, int *ret, struct opus_error *err)
{
	uint64_t end = interrupt_clock() + LOCK_NS;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	*ret = open(path, O_RDONLY | O_CLOEXEC);
	while (*ret >= 0 && flock(*ret, LOCK_EX | LOCK_NB) != 0 &&
	       errno == EWOULDBLOCK) {
		if (interrupt_poll(NULL, 0, interrupt_clock() + MOMENT_NS, false) ==
		    INTERRUPT_SIGNAL)
			return error_set(err, OPUS_CANCELLED,
					 "interrupted; nothing changed");
		if (interrupt_clock() > end)
			return error_set(err, OPUS_NO_CONTACT,
				"somebody else has been bringing an agent into it "
				"for %g s; try again", LOCK_NS / 1e9);
	}
	return OPUS_OK;
}

bool alone_is_loading(pid_t view)
{
	CLEANUP(cleanup_free) char *maps = proc_maps_read(view);
	char *cursor = maps;
	struct proc_map map;
	struct playground p;

	while (maps && proc_maps_next(&cursor, &map))
		if (map.writable && !map.is_private &&
		    strncmp(map.path, "/memfd:", 7) == 0 &&
		    beacon_path_matches(map.path) &&
		    proc_memory_read(view, map.start, &p, sizeof(p)) &&
		    p.released == PLAYGROUND_LOAD && p.state == PLAYGROUND_LOADING)
			return true;
	return false;
}
