/*
 * pass_range.c - all code of the functions to replace.
 *
 * Called by:  build.c.  Needs replace (resolved), facts; leaves replace.range,
 *             the main range first, and replace.size. pass_clone: needs diff.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The agent takes a thread for safe when no address on its stack lies in these
 * ranges, so a range too many costs a little waiting and one too few a crash.
 * A function's cold part is found by DWARF, by its symbol NAME.cold, and, when
 * the target is stripped of both, by frames of .eh_frame that have no name and
 * that the function jumps into.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "decode.h"
#include "diff.h"
#include "facts.h"

static enum opus_code range_add(struct replace *r, uint64_t start, uint64_t end,
				struct opus_error *err)
{
	struct build_range *grown;

	for (size_t i = 0; i < r->ranges; i++)
		if (start >= r->range[i].start && end <= r->range[i].end)
			return OPUS_OK;
	grown = build_grow(r->range, r->ranges, sizeof(*grown));
	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	r->range = grown;
	grown[r->ranges++] = (struct build_range){start, end};
	return OPUS_OK;
}

/* The extent of the main part: by symbol, frame and the next symbol. */
static bool main_find(struct build *b, struct replace *r, uint64_t *ret_end)
{
	const struct object *o = b->target[r->target];
	const struct object_frame *frame = object_frame_at(o, r->address);
	uint64_t end = r->address + r->size;

	if (frame && frame->start != r->address) {
		build_tell(b, TOPIC_ENTRY, &r->place, r->name, NULL,
			     "its entry lies inside other code, which starts at 0x%" PRIx64,
			     frame->start);
		return false;
	}
	if (!frame)
		build_tell(b, TOPIC_NO_UNWIND, &r->place, r->name, NULL,
			   "has no unwind information: a thread inside it keeps the update waiting longer than needed");
	if (frame && frame->end > end) {
		if (r->size != 0)
			build_tell(b, TOPIC_LENGTH, &r->place, r->name, NULL,
				   "its symbol says %" PRIu64 " bytes, its unwind information %" PRIu64 "; the larger is taken",
				   r->size, frame->end - frame->start);
		end = frame->end;
	}
	if (end == r->address) {
		build_tell(b, TOPIC_NO_LENGTH, &r->place, r->name,
			     "if it is written in assembly, give it a .size",
			     "its length is not known");
		return false;
	}
	if (!object_bytes(o, r->address, end - r->address)) {
		build_tell(b, TOPIC_NO_LENGTH, &r->place, r->name, NULL,
			     "its code is not in the file");
		return false;
	}
	*ret_end = end;
	return true;
}

/* NAME.cold and NAME.cold.12. A static function of another unit may have the
 * same name; its cold part does no harm here. */
static enum opus_code cold_by_name(const struct object *o, struct replace *r,
				   const char *name, struct opus_error *err)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];
		enum opus_code code;

		if (!s->code || s->size == 0 || strncmp(s->name, name, n) != 0 ||
		    strncmp(s->name + n, ".cold", 5) != 0)
			continue;
		code = range_add(r, s->value, s->value + s->size, err);
		if (code != OPUS_OK)
			return code;
	}
	return OPUS_OK;
}

/* It has the name of the function, of which r->name may be an alias. */
static enum opus_code cold_by_symbol(const struct object *o, struct replace *r,
				     struct opus_error *err)
{
	enum opus_code code = cold_by_name(o, r, r->name, err);

	for (const struct object_symbol *s = NULL;
	     code == OPUS_OK && (s = object_symbol_at(o, r->address, s)) != NULL;)
		if (s->code)
			code = cold_by_name(o, r, s->name, err);
	return code;
}

/* A frame that has no name, to which only a jump leads. */
static enum opus_code cold_by_jump(const struct object *o, struct replace *r,
				   uint64_t to, struct opus_error *err)
{
	const struct object_frame *frame = object_frame_at(o, to);
	const struct object_symbol *s = object_function_at(o, to);

	if (!frame || s || (to >= r->address && to < r->range[0].end))
		return OPUS_OK;
	return range_add(r, frame->start, frame->end, err);
}

static enum opus_code cold_by_frames(const struct object *o, struct replace *r,
				     struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	/* The list grows while it is walked: parts of parts. */
	for (size_t i = 0; i < r->ranges && code == OPUS_OK; i++) {
		uint64_t at = r->range[i].start, end = r->range[i].end;
		const uint8_t *bytes = object_bytes(o, at, end - at);
		struct decoded d;

		for (; bytes && at < end && code == OPUS_OK;
		     bytes += d.length, at += d.length) {
			if (!decode(bytes, end - at, at, &d))
				break;
			if (d.flow == DECODE_JUMP || d.flow == DECODE_BRANCH)
				code = cold_by_jump(o, r, d.target, err);
		}
	}
	return code;
}

static enum opus_code ranges_find(struct build *b, struct replace *r,
				  struct opus_error *err)
{
	const struct object *o = b->target[r->target];
	const struct facts_function *f =
		facts_function_at(b->facts[r->target], r->address);
	enum opus_code code;
	uint64_t end;

	if (!main_find(b, r, &end)) {
		r->resolved = false;
		return OPUS_OK;
	}
	code = range_add(r, r->address, end, err);
	r->size = end - r->address;
	for (size_t i = 0; f && i < f->ranges && code == OPUS_OK; i++)
		code = range_add(r, f->range[i].start, f->range[i].end, err);
	if (code == OPUS_OK)
		code = cold_by_symbol(o, r, err);
	if (code == OPUS_OK && !f && !o->has_symtab)
		code = cold_by_frames(o, r, err);
	return code;
}

enum opus_code pass_range(struct build *b, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < b->replaces && code == OPUS_OK; i++)
		if (b->replace[i].resolved)
			code = ranges_find(b, &b->replace[i], err);
	return code;
}

/* The replace that stands for a change: its own, or that of a caller. */
static struct replace *replace_for(struct build *b, const struct change *c)
{
	struct replace *any = NULL;

	for (size_t i = 0; i < b->replaces; i++) {
		struct replace *r = &b->replace[i];

		if (!r->resolved || r->target != c->unit->target)
			continue;
		any = any ? any : r;
		if (c->present && r->address == c->entry)
			return r;
	}
	return any;
}

/* Clones and parts of a changed function are left with it. Behind pass_keep,
 * to which they are functions of their own. */
enum opus_code pass_clone(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < d->changes && code == OPUS_OK; i++) {
		struct replace *r = replace_for(b, &d->change[i]);
		const struct facts *f = b->facts[d->change[i].unit->target];

		for (size_t k = 0; r && k < f->functions && code == OPUS_OK; k++) {
			const struct facts_function *fn = &f->function[k];

			if (!change_is(&d->change[i], fn->name, fn->linkage, fn->unit,
				       fn->external))
				continue;
			for (size_t n = 0; n < fn->ranges && code == OPUS_OK; n++)
				code = range_add(r, fn->range[n].start,
						 fn->range[n].end, err);
		}
	}
	return code;
}
