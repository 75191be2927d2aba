/*
 * child.h - do something in a process of its own.
 *
 * Included by: inject.c, confine.c, unmask.c, vfork.h, suspend.h.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * For all that attaches to other processes: a thread that cannot be let go,
 * because it sleeps in the kernel, is free when its tracer ends. What holds
 * threads for longer ends with us, too, however we end.
 */
#ifndef OPUS_CHILD_H
#define OPUS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "watch.h"

/*
 * Call work(data, err) in a child. Its code and error are returned, and the
 * `size` bytes at `result`, which lie in `data` or are reached by it, are
 * copied back. OPUS_INTERNAL if the child was killed, OPUS_RESOURCE.
 */
enum opus_code child_run(enum opus_code (*work)(void *data, struct opus_error *err),
			 void *data, void *result, size_t size,
			 struct opus_error *err) MUST_CHECK;

/* The same for work that begins by reading files which may never answer. */
struct child_start {
	_Atomic bool over; /* set by `work` when it has read them */
	char note[WATCH_NOTE];
};

/* Memory for one, which a child shares; NULL if there is none. */
struct child_start *child_start_make(void);
void child_start_free(struct child_start *start);

/* Gives up, with OPUS_SILENT, if that stays at one file for longer than `limit_ns`.
 * `start`, which may be NULL, is shared with the child; it has no output then. */
enum opus_code child_run_start(enum opus_code (*work)(void *data,
						      struct opus_error *err),
			       void *data, void *result, size_t size,
			       struct child_start *start, uint64_t limit_ns,
			       struct opus_error *err) MUST_CHECK;

/* A child that holds something. Zero to begin with. */
struct child {
	pid_t pid; /* 0: none */
	int end;   /* of a pipe: closed, by our death too, it lets go */
};

/*
 * Call hold(data, tell, end) in a child: it writes `size` bytes at `tell`, which
 * are copied to `told`, and returns when it has let go again, which it is asked
 * for by a hang-up at `end`. OPUS_RESOURCE: it told nothing, and holds nothing.
 */
enum opus_code child_hold(struct child *c,
			  void (*hold)(const void *data, int tell, int end),
			  const void *data, void *told, size_t size,
			  struct opus_error *err) MUST_CHECK;

/* Ask it to let go, and wait for its end, but no longer than that. */
void child_release(struct child *c, uint64_t limit_ns);

#endif
