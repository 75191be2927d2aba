/*
 * watch.h - look at processes, some of which may never let us finish.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * stat(2) of /proc/PID/exe asks the file system on which the program lies, and to
 * read a page of a process that is not in memory reads its file. A network or FUSE
 * file system that has gone away answers neither, and whoever asks sleeps until it
 * is back, often deaf to SIGKILL as well. Such looks are taken in a helper, which is
 * given up with what it looks at; another one goes on behind that.
 */
#ifndef OPUS_WATCH_H
#define OPUS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/error.h"

#define WATCH_NOTE 256

/* Looks at the `i`-th and fills in its result, which begins as zeros. In a helper,
 * which has no descriptors: what is to be told is told by the result alone. */
typedef void (*watch_look)(void *data, size_t i, void *ret);

struct watch {
	unsigned char *results; /* `size` bytes each */
	bool *silent;           /* it did not answer; its result is all zeros */
	char (*notes)[WATCH_NOTE]; /* of those: what it was about, or "" */
	size_t count, size;
	bool interrupted;       /* by ^C: the rest was not looked at */
};

/* Look at `count` of them. False: no memory. */
bool watch_init(struct watch *w, watch_look look, void *data, size_t count,
		size_t size);
void watch_deinit(struct watch *w);

const void *watch_result(const struct watch *w, size_t i);

/* The same for one. False: it did not answer, and `ret` is as it was. */
bool watch_one(watch_look look, void *data, void *ret, size_t size,
	       char note[WATCH_NOTE]);

/* Does a helper, or such a child, compute? Then it is not silent, but has much to read,
 * or gets no processor. */
bool watch_is_running(pid_t pid);

/* Say of one that it did not answer: OPUS_SILENT, or OPUS_CANCELLED after a ^C. */
enum opus_code watch_silent(const char *note, struct opus_error *err) MUST_CHECK;

/* Called by a look: what it is about to ask. */
void watch_note(const char *text);
/* The same, of a child that is watched otherwise: to memory that is shared with it. */
void watch_note_to(char note[WATCH_NOTE]);

#endif
