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
 * again, and lies in the upper folder of the overlay. If the build is run once more,
 * for what it left out, this is looked for again.
 */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/digest.h"
#include "diff.h"
#include "image.h"
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

static bool digest_of(const char *path, uint8_t ret[DIGEST_SIZE])
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct sha256 s;
	size_t size;

	if (image_read(path, &data, &size, NULL) != OPUS_OK)
		return false;
	sha256_init(&s);
	sha256_add(&s, data, size);
	sha256_end(&s, ret);
	return true;
}

bool generated_differs(const struct made_assembly *a)
{
	uint8_t digest[DIGEST_SIZE];

	return !digest_of(a->path, digest) ||
	       memcmp(digest, a->digest, sizeof(digest)) != 0;
}

static bool assembly_add(const char *path)
{
	struct diff *d = walked->diff;
	struct made_assembly *grown = build_grow(d->assembly, d->assemblies,
						 sizeof(*grown));

	if (!grown)
		return false;
	d->assembly = grown;
	grown[d->assemblies].path = path;
	d->assemblies += digest_of(path, grown[d->assemblies].digest);
	return true;
}

static bool made_add(const char *path)
{
	struct diff *d = walked->diff;
	const char **grown = build_grow(d->made, d->mades, sizeof(*grown));

	if (!grown)
		return false;
	d->made = grown;
	grown[d->mades++] = path;
	return true;
}

static int file_look(const char *path, const struct stat *st, int type,
		     struct FTW *walk)
{
	struct diff *d = walked->diff;
	bool assembly = path_is_assembly(path);
	const char *at;

	(void)st;
	(void)walk;
	if (type != FTW_F || !(assembly || is_source(path)))
		return 0;
	at = build_text(walked, "%s%s", cover->path, path + strlen(cover->upper));
	for (size_t i = 0; i < d->files; i++)
		if (strcmp(d->file[i], at) == 0)
			return 0;
	failed = !(assembly ? assembly_add(at) : made_add(at));
	return failed;
}

enum opus_code generated_find(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;

	walked = b;
	failed = false;
	d->mades = d->assemblies = 0;
	for (size_t i = 0; i < d->covers; i++) {
		cover = &d->cover[i];
		if (!cover->upper)
			continue; /* a copy instead of an overlay */
		d->followed = true;
		nftw(cover->upper, file_look, 8, FTW_PHYS);
	}
	return failed ? error_set(err, OPUS_RESOURCE, "out of memory") : OPUS_OK;
}
