/*
 * pass_compare.c - the functions that the diff changes.
 *
 * Called by:  build.c.  Needs diff.unit with texts; leaves diff.change.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdlib.h>

#include "diff.h"

void diff_destroy(struct diff *d, size_t targets)
{
	if (!d)
		return;
	for (size_t i = 0; d->twin && i < targets; i++)
		object_close(d->twin[i]);
	free(d->twin);
	free(d->twin_path);
	for (size_t i = 0; i < d->units; i++)
		unit_destroy(d->unit[i]);
	free(d->unit);
	free(d->file);
	free(d->made);
	free(d->read);
	free(d->existed);
	free(d->change);
	free(d->cover);
	free(d);
}

enum opus_code pass_compare(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < d->units && code == OPUS_OK && !build_interrupted; i++) {
		build_progress(b, "comparing", i, d->units);
		if (!d->unit[i]->reached)
			continue;
		code = d->unit[i]->fresh ? unit_parse(d->unit[i], err)
					 : compare_unit(b, d->unit[i], err);
	}
	build_progress(b, NULL, 0, 0);
	if (code == OPUS_OK && d->changes == 0 && !b->reports.refused)
		return error_set(err, OPUS_ALREADY,
				 "%s changes no function: the compiled code stays as it is",
				 b->options->diff);
	return code;
}
