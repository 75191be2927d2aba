/*
 * watch.c - look at processes, some of which may never let us finish.
 *
 * Called by:  target_list.c, target_plan.c, beacon_read.c, verb_scan.c, store_path.c.
 * Runs on:    command, and a forked helper of it.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Results lie in memory that both share, so that a look which takes microseconds
 * costs no system call more; the command sleeps until the helper has ended, or the
 * number of those that are done has not grown for a while. A helper that cannot be
 * ended keeps nothing of the command's: no pipe that somebody reads to its end, no
 * folder.
 *
 *      helper            command
 *      look at 0, 1      sleep
 *      look at 2 ...     2 is silent: SIGKILL, and a helper that begins at 3
 */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interrupt.h"
#include "proc.h"

#define FIRST_NS 3000000000ull /* a disk that wakes up takes no longer */
#define LATER_NS 1000000000ull /* once one was silent: there may be hundreds */
#define GLANCE_NS 250000000ull

/* Shared with the helper. */
struct shared {
	_Atomic size_t next; /* the one that is looked at */
	char note[WATCH_NOTE];
	unsigned char results[];
};

static char *note_at; /* in a helper, and what else is watched */
static bool is_helper, was_silent;

void watch_note(const char *text)
{
	if (note_at)
		snprintf(note_at, WATCH_NOTE, "%s", text);
}

void watch_note_to(char note[WATCH_NOTE])
{
	note_at = note;
}

/* --- in a helper --- */

/* close_range(2) is of Linux 5.9; all that is not closed by exec is 0, 1 and 2. */
static void others_close(int end)
{
	if (close_range((unsigned int)end + 1, ~0u, 0) == 0 &&
	    close_range(0, (unsigned int)end - 1, 0) == 0)
		return;
	for (int fd = 0; fd < 1024; fd++)
		if (fd != end)
			close(fd);
}

static void helper_run(struct shared *s, const struct watch *w, watch_look look,
		       void *data, int end, pid_t command)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != command)
		return;
	others_close(end);
	(void)!chdir("/");
	is_helper = true;
	note_at = s->note;
	for (size_t i; (i = s->next) < w->count; s->next = i + 1) {
		s->note[0] = '\0';
		look(data, i, s->results + i * w->size);
	}
}

/* --- in the command --- */

struct helper {
	pid_t pid;
	int end; /* of a pipe that it holds open */
};

static bool helper_start(struct helper *h, struct shared *s, const struct watch *w,
			 watch_look look, void *data)
{
	pid_t command = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	h->pid = fork();
	if (h->pid == 0) {
		helper_run(s, w, look, data, ends[1], command);
		_exit(0);
	}
	close(ends[1]);
	h->end = ends[0];
	if (h->pid < 0)
		close(h->end);
	return h->pid > 0;
}

bool watch_is_running(pid_t pid)
{
	struct proc_status s;

	return proc_status_read(pid, pid, &s) && s.state == 'R';
}

enum outcome { ENDED, SILENT, INTERRUPTED };

static enum outcome helper_wait(const struct helper *h, const struct shared *s)
{
	uint64_t limit = was_silent ? LATER_NS : FIRST_NS;
	size_t seen = s->next;
	uint64_t quiet = 0; /* not by the clock: Ctrl-Z stops it and us */

	while (quiet < limit) {
		struct pollfd p = {.fd = h->end, .events = POLLIN};

		switch (interrupt_poll(&p, 1, interrupt_clock() + GLANCE_NS, false)) {
		case INTERRUPT_READY: return ENDED;
		case INTERRUPT_SIGNAL: return INTERRUPTED;
		default: quiet += GLANCE_NS; break;
		}
		if (s->next != seen || watch_is_running(h->pid)) {
			seen = s->next;
			quiet = 0;
		}
	}
	return SILENT;
}

static void helper_end(struct helper *h, enum outcome outcome)
{
	close(h->end);
	if (outcome != ENDED)
		kill(h->pid, SIGKILL);
	/* What sleeps in the kernel is not waited for: it is init's, after us. */
	while (waitpid(h->pid, NULL, outcome == ENDED ? 0 : WNOHANG) < 0 &&
	       errno == EINTR)
		;
}

/* Those that are done. False: that was all. */
static bool results_keep(struct watch *w, const struct shared *s, size_t from,
			 size_t to)
{
	if (to > w->count)
		to = w->count;
	if (to > from)
		memcpy(w->results + from * w->size, s->results + from * w->size,
		       (to - from) * w->size);
	return to < w->count;
}

static void silent_keep(struct watch *w, const struct shared *s, size_t i)
{
	was_silent = true;
	w->silent[i] = true;
	memcpy(w->notes[i], s->note, WATCH_NOTE);
	w->notes[i][WATCH_NOTE - 1] = '\0';
}

/* Without a helper, as all was done before. */
static void rest_look(struct watch *w, watch_look look, void *data, size_t from)
{
	for (size_t i = from; i < w->count; i++)
		look(data, i, w->results + i * w->size);
}

static void helpers_run(struct watch *w, struct shared *s, watch_look look,
			void *data)
{
	enum outcome outcome;
	struct helper h;
	size_t from = 0, at;

	do {
		s->next = from;
		if (!helper_start(&h, s, w, look, data)) {
			rest_look(w, look, data, from);
			return;
		}
		outcome = helper_wait(&h, s);
		at = s->next;
		helper_end(&h, outcome);
		w->interrupted = outcome == INTERRUPTED;
		if (!results_keep(w, s, from, at) || w->interrupted)
			return;
		/* One that killed its helper, if any did, is left out as well. */
		silent_keep(w, s, at);
		from = at + 1;
	} while (from < w->count);
}

static bool room_make(struct watch *w, size_t count, size_t size)
{
	memset(w, 0, sizeof(*w));
	w->count = count;
	w->size = size;
	w->results = calloc(count + 1, size);
	w->silent = calloc(count + 1, sizeof(*w->silent));
	w->notes = calloc(count + 1, sizeof(*w->notes));
	return w->results && w->silent && w->notes;
}

bool watch_init(struct watch *w, watch_look look, void *data, size_t count,
		size_t size)
{
	size_t room = sizeof(struct shared) + count * size;
	void *shared;

	if (!room_make(w, count, size)) {
		watch_deinit(w);
		return false;
	}
	shared = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED) {
		rest_look(w, look, data, 0);
		return true;
	}
	helpers_run(w, shared, look, data);
	munmap(shared, room);
	return true;
}

void watch_deinit(struct watch *w)
{
	free(w->results);
	free(w->silent);
	free(w->notes);
	memset(w, 0, sizeof(*w));
}

const void *watch_result(const struct watch *w, size_t i)
{
	return w->results + i * w->size;
}

enum opus_code watch_silent(const char *note, struct opus_error *err)
{
	if (interrupt_seen())
		return error_set(err, OPUS_CANCELLED, "interrupted; nothing changed");
	if (!*note)
		return error_set(err, OPUS_SILENT,
			"looking at it does not come to an end; it was left out");
	return error_set(err, OPUS_SILENT,
		"%.200s does not answer (a network or FUSE file system?); the process "
		"was left out", note);
}

bool watch_one(watch_look look, void *data, void *ret, size_t size,
	       char note[WATCH_NOTE])
{
	struct watch w;
	bool answered;

	if (is_helper || !watch_init(&w, look, data, 1, size)) {
		look(data, 0, ret); /* in a helper, which is watched itself */
		return true;
	}
	answered = !w.silent[0] && !w.interrupted;
	if (answered)
		memcpy(ret, w.results, size);
	else
		memcpy(note, w.notes[0], WATCH_NOTE);
	watch_deinit(&w);
	return answered;
}
