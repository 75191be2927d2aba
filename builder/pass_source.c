/*
 * pass_source.c - the sources on the command line, and where to work on them.
 *
 * Called by:  build.c.  Needs the options; leaves build.folder, output and, for
 *             `compile`, source and source_digest.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdio.h>
#include <stdlib.h>

#include "build.h"
#include "common/cleanup.h"
#include "image.h"

static enum opus_code folder_make(struct build *b, struct opus_error *err)
{
	const char *parent = getenv("TMPDIR");
	int n = snprintf(b->folder, sizeof(b->folder), "%s/opus-build.XXXXXX",
			 parent && *parent ? parent : "/tmp");

	if (n < 0 || (size_t)n >= sizeof(b->folder) || !mkdtemp(b->folder)) {
		b->folder[0] = 0;
		return error_set_errno(err, OPUS_RESOURCE,
				       "cannot make a temporary folder");
	}
	return OPUS_OK;
}

static enum opus_code sources_digest(struct build *b, struct opus_error *err)
{
	uint8_t digest[DIGEST_SIZE];
	struct sha256 s;

	sha256_init(&s);
	for (size_t i = 0; i < b->sources; i++) {
		CLEANUP(cleanup_free) uint8_t *data = NULL;
		size_t size;
		enum opus_code code =
			image_read(b->source[i].path, &data, &size, err);

		if (code != OPUS_OK)
			return code;
		sha256_add(&s, data, size);
	}
	sha256_end(&s, digest);
	for (int i = 0; i < DIGEST_SIZE; i++)
		sprintf(b->source_digest + 2 * i, "%02x", digest[i]);
	return OPUS_OK;
}

enum opus_code pass_source(struct build *b, struct opus_error *err)
{
	const struct build_options *o = b->options;
	enum opus_code code = folder_make(b, err);

	b->output = o->output;
	if (o->diff || code != OPUS_OK)
		return code;
	b->source = calloc(o->sources, sizeof(*b->source));
	if (!b->source)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < o->sources; i++)
		b->source[b->sources++].path = o->source[i];
	return sources_digest(b, err);
}
