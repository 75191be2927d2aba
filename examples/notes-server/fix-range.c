/*
 * fix-range.c - the patch for the hole in notes.c: a range ends at the latest
 * where its note ends.
 *
 * Called by:  opus-build compile, which makes fix-range.opus of it.
 * Runs on:    any thread of the server.
 * Locks:      takes none, as the function that it replaces.
 * Signal:     not for handlers.
 *
 * note_get() is written as it should have been. What it uses stays in the
 * running server: a static function and three static variables, which OPUS_REF
 * names. note_find() is written again, since the compiler left no copy of it
 * in the server that could be called: it was inlined.
 */
#include <opus-livepatch/patch.h>

#include <stdio.h>
#include <string.h>

#include "notes.h"

OPUS_PATCH("fix-range", "a range must not leave its note");
OPUS_LABEL("NOTES-2026-001");

extern void reply(struct request *r, int status, const char *text, size_t size)
	OPUS_REF(reply);
extern struct note notes[] OPUS_REF(notes);
extern size_t note_count OPUS_REF(note_count);
extern char store[] OPUS_REF(store);

static const struct note *note_find(const char *title)
{
	for (size_t i = 0; i < note_count; i++)
		if (!strcmp(notes[i].title, title))
			return &notes[i];
	return NULL;
}

void note_get(struct request *r);

void note_get(struct request *r)
{
	static const char missing[] = "no such note, or not yours\n";
	static const char outside[] = "the note is not that long\n";
	const struct note *n = note_find(r->path + strlen("/notes/"));
	size_t first = 0, last;

	if (!n || n->private) {
		reply(r, 404, missing, strlen(missing));
		return;
	}
	last = n->length - 1;
	if (r->range[0])
		sscanf(r->range, "bytes=%zu-%zu", &first, &last);
	if (last >= n->length)
		last = n->length - 1;
	if (first > last) {
		reply(r, 416, outside, strlen(outside));
		return;
	}
	reply(r, r->range[0] ? 206 : 200, store + n->at + first,
	      last - first + 1);
}
OPUS_REPLACE(note_get);
