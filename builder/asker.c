/*
 * asker.c - whose new code asks for a name?
 *
 * Called by:  symbol.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The sources of one patch can be those of several targets, and become one shared
 * object: from then on a name is one name. Their objects still tell.
 */
#include "symbol.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "diff.h"
#include "image.h"

/* Is the source a unit of the diff, and of another target? */
static bool is_of_other(const struct build *b, size_t source, size_t target)
{
	for (size_t i = 0; b->diff && i < b->diff->units; i++)
		if (b->diff->unit[i]->compile == b->source[source].call)
			return b->diff->unit[i]->target != target;
	return false;
}

static bool image_asks(const struct image *i, const char *name)
{
	struct image_symbols t = image_symbols(i, SHT_SYMTAB);

	for (size_t n = 1; n < t.count; n++)
		if (t.symbol[n].st_shndx == SHN_UNDEF &&
		    strcmp(image_symbol_name(&t, &t.symbol[n]), name) == 0)
			return true;
	return false;
}

enum opus_code symbol_askers(const struct build *b, const char *name, size_t target,
			     bool *own, bool *others, struct opus_error *err)
{
	*own = *others = false;
	for (size_t i = 0; i < b->sources; i++) {
		CLEANUP(cleanup_free) uint8_t *data = NULL;
		struct image image;
		size_t size;
		enum opus_code code = image_read(b->objects[i], &data, &size, err);

		if (code == OPUS_OK)
			code = image_init(&image, data, size, err);
		if (code != OPUS_OK)
			return code;
		if (image_asks(&image, name))
			*(is_of_other(b, i, target) ? others : own) = true;
	}
	return OPUS_OK;
}
