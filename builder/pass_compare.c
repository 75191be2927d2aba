/*
 * pass_compare.c - the functions that the diff changes.
 *
 * Called by:  build.c.  Needs diff.unit with texts; leaves diff.change.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdlib.h>

#include "compare.h"
#include "includes.h"

void diff_destroy(struct diff *d, size_t targets)
{
	if (!d)
		return;
	for (size_t i = 0; d->twin && i < targets; i++)
		object_close(d->twin[i]);
	free(d->twin);
	free(d->twin_path);
	free(d->twin_made);
	for (size_t i = 0; i < d->units; i++)
		unit_destroy(d->unit[i]);
	free(d->unit);
	shelf_deinit(&d->shelf);
	free(d->file);
	free(d->made);
	free(d->assembly);
	free(d->read);
	free(d->existed);
	free(d->inexact);
	free(d->original);
	free(d->change);
	free(d->cover);
	free(d->precompiled);
	includes_destroy(d->includes);
	hooks_deinit(d);
	free(d);
}

/* Has it the same for other units as before? Nobody asks for anything else of one that
 * has no change (unit_loses, unit_exposes), until it is parsed again. */
static bool offers_same(const struct unit *u)
{
	if (unit_loses(u))
		return false;
	for (size_t i = 0; i < u->parse_after.entities; i++)
		if (unit_exposes(u, &u->parse_after.entity[i]))
			return false;
	return true;
}

/* A header of all units leaves most of them without a change: hundreds are not kept,
 * with all that their headers declare. Of the others nobody but knowledge.c wants the
 * plain texts, once. */
static enum opus_code unit_rest(const struct diff *d, struct unit *u, struct opus_error *err)
{
	text_uncut(&u->before_plain);
	text_uncut(&u->after_plain);
	if (unit_is_in(d, u) || (u->parsed && !offers_same(u)))
		return OPUS_OK;
	unit_uncut(u);
	return u->parsed ? unit_unparse(u, err) : OPUS_OK;
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
		if (code == OPUS_OK)
			code = unit_rest(d, d->unit[i], err);
	}
	build_progress(b, NULL, 0, 0);
	if (code == OPUS_OK)
		code = moved_find(b, err);
	if (code == OPUS_OK && d->changes == 0 && !b->reports.refused && d->hooks)
		return error_set(err, OPUS_INVALID,
				 "%s changes no function, and a hook alone is a patch for `opus-build compile`",
				 b->options->diff);
	if (code == OPUS_OK && d->changes == 0 && !b->reports.refused && d->aside)
		return error_set(err, OPUS_INVALID,
				 "%s changes nothing but assembly, of which no patch can be made",
				 b->options->diff);
	if (code == OPUS_OK && d->changes == 0 && !b->reports.refused)
		return error_set(err, OPUS_ALREADY,
				 "%s changes no function: the compiled code stays as it is",
				 b->options->diff);
	return code;
}
