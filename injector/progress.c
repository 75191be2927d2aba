/*
 * progress.c - say who is waited for, while it is waited.
 *
 * Called by:  update.c, team.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"

static bool progress_shared;

void progress_share(void)
{
	progress_shared = true;
}

void progress_init(struct progress *p, const struct options *o, pid_t pid)
{
	memset(p, 0, sizeof(*p));
	p->off = o->json;
	p->terminal = isatty(STDERR_FILENO) && !progress_shared;
	p->pid = pid;
}

/* FNV-1a over the threads and their functions; never 0. */
static uint64_t threads_digest(const struct report *r)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < r->thread_count; i++) {
		const struct wire_thread *t = &r->threads[i].thread;
		uint64_t parts[2] = {(uint64_t)t->tid, t->function};
		const uint8_t *bytes = (const uint8_t *)parts;

		for (size_t k = 0; k < sizeof(parts); k++)
			h = (h ^ bytes[k]) * 0x100000001b3ull;
	}
	return h | 1;
}

static size_t line_format(char *line, size_t room, const struct progress *p,
			  const struct report *r, const struct wire_progress *now)
{
	const struct wire_thread *t;
	size_t used;

	used = (size_t)snprintf(line, room, "%d: pending for %s, %s inside%s",
				p->pid, output_time(now->pending_ns),
				output_count(now->unsafe, "thread"),
				now->barrier ? ", others held at the entry" : "");
	for (size_t i = 0; i < r->thread_count && used < room; i++) {
		t = &r->threads[i].thread;
		used += (size_t)snprintf(line + used, room - used,
			"%s %d (%s) in %s for %s", i ? "," : ":", t->tid,
			output_clean(t->comm),
			t->name[0] ? output_clean(t->name) : "?",
			output_time(t->since_ns));
	}
	return used < room ? used : room - 1;
}

void progress_show(struct progress *p, const struct report *r,
		   const struct wire_progress *now)
{
	uint64_t digest = threads_digest(r);
	struct winsize w = {0};
	char line[1024];
	size_t width = 80;

	if (p->off || (!p->terminal && digest == p->last))
		return;
	p->last = digest;
	line_format(line, sizeof(line), p, r, now);
	if (!p->terminal) {
		fprintf(stderr, "opus-send: %s\n", line);
		return;
	}
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1)
		width = w.ws_col;
	fprintf(stderr, "\r\033[K%.*s", (int)(width - 1), line);
	p->shown = true;
}

void progress_deinit(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}
