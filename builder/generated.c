/*
 * generated.c - sources that the build makes of a file of the diff.
 *
 * Called by:  pass_unit.c.  Needs the build to have run once in an overlay.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A grammar, a table or a template is read by no compiler, but what the build
 * makes of it is. Which that is, no build system tells. But the diff's files
 * were made new before the build ran, so whatever comes from them was written
 * again, and lies in the upper folder of the overlay.
 */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diff.h"
#include "path.h"

/* nftw(3) has no argument for the caller. */
static struct build *walked;
static const struct cover *cover;
static bool failed;

static bool is_source(const char *path)
{
	static const char *const suffixes[] = {".c", ".h", ".cc", ".cpp", ".cxx",
					       ".hh", ".hpp", ".inc", ".def", ".tab",
					       ".gperf", ".i", ".x", NULL};

	return path_has_suffix(path, suffixes);
}

static int file_look(const char *path, const struct stat *st, int type,
		     struct FTW *walk)
{
	struct diff *d = walked->diff;
	const char *at, **grown;

	(void)st;
	(void)walk;
	if (type != FTW_F || !is_source(path))
		return 0;
	at = build_text(walked, "%s%s", cover->path, path + strlen(cover->upper));
	for (size_t i = 0; i < d->files; i++)
		if (strcmp(d->file[i], at) == 0)
			return 0;
	grown = build_grow(d->made, d->mades, sizeof(*grown));
	if (!grown) {
		failed = true;
		return 1;
	}
	d->made = grown;
	grown[d->mades++] = at;
	return 0;
}

enum opus_code generated_find(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;

	walked = b;
	failed = false;
	for (size_t i = 0; i < d->covers; i++) {
		cover = &d->cover[i];
		if (!cover->upper)
			continue; /* a copy instead of an overlay */
		d->followed = true;
		nftw(cover->upper, file_look, 8, FTW_PHYS);
	}
	return failed ? error_set(err, OPUS_RESOURCE, "out of memory") : OPUS_OK;
}
