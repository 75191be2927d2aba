/*
 * load.c - let the thread that was made in the target load the agent.
 *
 * Called by:  inject.c.
 * Runs on:    command, in a child of it.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "load.h"

#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "beacon_read.h"
#include "common/cleanup.h"
#include "interrupt.h"
#include "suspend.h"

#define LOAD_NS 10000000000ull
#define SLICE_NS 100000000ull
#define SERVE_NS 1000000ull

static void futex_call(_Atomic uint32_t *word, int operation, uint32_t value,
		       const struct timespec *limit)
{
	syscall(SYS_futex, word, operation, value, limit, NULL, 0);
}

enum opus_code load_begin(struct playground *p, int file,
			  const struct image *image, struct opus_error *err)
{
	bool ok = pwrite(file, image->bytes, image->size, 0) ==
		  (ssize_t)image->size;

	if (!ok)
		(void)!error_set_errno(err, OPUS_RESOURCE,
			"the agent cannot be written into the process");
	p->released = ok ? PLAYGROUND_LOAD : PLAYGROUND_LEAVE;
	futex_call(&p->released, FUTEX_WAKE, INT_MAX, NULL);
	return ok ? OPUS_OK : OPUS_RESOURCE;
}

/* An exec takes away what the new thread works in, and that thread: it would never
 * tell. */
static bool is_gone(pid_t pid, uint64_t at)
{
	pid_t view;
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &view);
	char *cursor = maps;
	struct proc_map map;

	if (!maps || !*maps)
		return false; /* it ends, which is seen otherwise */
	while (proc_maps_next(&cursor, &map))
		if (at >= map.start && at < map.end)
			return !beacon_path_matches(map.path);
	return true;
}

enum opus_code load_wait(struct playground *p, const struct target *t, uint64_t at,
			 bool suspend, struct opus_error *err)
{
	const struct timespec slice = {0, suspend ? SERVE_NS : SLICE_NS};
	struct pollfd end = {.fd = t->pidfd, .events = POLLIN};
	uint64_t limit = interrupt_clock() + LOAD_NS;

	for (;;) {
		uint32_t state = p->state;

		if (suspend)
			suspend_serve(false);
		if (state == PLAYGROUND_LOADED)
			return OPUS_OK;
		p->text[sizeof(p->text) - 1] = '\0';
		if (state == PLAYGROUND_FAILED)
			return error_set(err, OPUS_NO_AGENT,
				"the loader of the process refused the agent: %s",
				p->text);
		if (end.fd >= 0 && poll(&end, 1, 0) > 0)
			return error_set(err, OPUS_DIED,
				"the process ended while the agent was loaded");
		if (interrupt_clock() > limit)
			return error_set(err, OPUS_NO_ANSWER,
				"the agent is still being loaded after %g s: a "
				"thread of the process holds the loader (a "
				"constructor that waits?); it will be there when "
				"that is over", LOAD_NS / 1e9);
		futex_call(&p->state, FUTEX_WAIT, state, &slice);
		if (is_gone(t->pid, at) && p->state == state)
			return error_set(err, OPUS_DIED,
				"the process started another program (exec) while "
				"the agent was loaded");
	}
}

void load_end(void)
{
	uint64_t end = interrupt_clock() + LOAD_NS;

	while (suspend_serve(true) && interrupt_clock() < end)
		interrupt_poll(NULL, 0, interrupt_clock() + SERVE_NS, true);
}
