/*
 * again.c - one source that a target has several times: which unit of the build
 *           made which of its parts?
 *
 * Called by:  pass_locate.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The debug information has one path for all of them, and no macros. What tells
 * them apart is what came of it: the names of the functions, and their code. So
 * each way in which the build compiles the source is compiled, and the one with
 * the functions of the part is taken.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "diff.h"

/* A part of the target, and the units that may have made it. */
struct part {
	struct build *b;
	size_t target;
	const char *path; /* with its number */
	Dwarf_Die die;
	struct unit *best;
	struct likeness like;
	int fit;
	struct unit *rival; /* is as like, and another text */
	bool reached; /* the diff reaches one of those that fit */
};

static bool is_same(const struct unit *u, const struct unit *o)
{
	return text_same(&u->before_plain, &o->before_plain) &&
	       text_same(&u->after_plain, &o->after_plain);
}

/* Is the unit, with `like` and `fit`, a better one? Negative: a worse one. */
static int likeness_compare(const struct part *p, const struct likeness *like, int fit)
{
	if (like->alike != p->like.alike)
		return like->alike > p->like.alike ? 1 : -1;
	if (like->missing + like->foreign != p->like.missing + p->like.foreign)
		return like->missing + like->foreign < p->like.missing + p->like.foreign ? 1 : -1;
	return p->reached ? 0 : fit - p->fit;
}

static void part_offer(struct part *p, struct unit *u, const struct likeness *like, int fit)
{
	int order = p->best ? likeness_compare(p, like, fit) : 1;

	if (order > 0) {
		p->best = u;
		p->like = *like;
		p->fit = fit;
		p->rival = NULL;
	} else if (order == 0 && p->reached && !is_same(u, p->best)) {
		p->rival = u;
	}
}

/* True if it is certain which unit made the part. */
static bool part_check(const struct part *p)
{
	struct build *b = p->b;
	struct note_place place = {p->best->source, "1"};
	const char *todo = "replace its functions by hand, with `opus-build compile`";
	const char *name = b->target[p->target]->name;

	if (p->rival)
		build_tell(b, TOPIC_SEVERAL_TIMES, &place, p->best->relative, todo,
			   "is in %s several times, compiled in different ways, and two of them fit this part as well: which one is its source?",
			   name);
	else if (p->like.alike == 0 || p->like.foreign > 0)
		build_tell(b, TOPIC_SEVERAL_TIMES, &place, p->best->relative,
			   "see that the build command builds everything as the target was built",
			   "is in %s several times, compiled in different ways, and the build makes none that is like this part: %zu of its functions are the same, %zu are of another source",
			   name, p->like.alike, p->like.foreign);
	else
		return true;
	return false;
}

/* Where prefix maps have taken folders away, it may be another file of that name,
 * which the build did not compile now. */
static bool is_another(const struct part *p)
{
	return p->reached && *p->path != '/' && !p->rival && p->like.alike == 0 &&
	       p->like.foreign > 0;
}

/* Where the diff reaches none, nothing is compiled. */
static enum opus_code part_locate(struct part *p, size_t units, struct opus_error *err)
{
	struct diff *d = p->b->diff;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < units; i++)
		p->reached |= d->unit[i]->reached && unit_fit(d, d->unit[i], p->path, &p->die) > 0;
	for (size_t i = 0; i < units && code == OPUS_OK; i++) {
		struct unit *u = d->unit[i];
		int fit = unit_fit(d, u, p->path, &p->die);
		struct likeness like = {0};

		if (fit <= 0)
			continue;
		if (p->reached)
			code = unit_likeness(p->b, u, p->target, &p->die, &like, err);
		if (code == OPUS_OK)
			part_offer(p, u, &like, fit);
	}
	if (code != OPUS_OK || !p->best || is_another(p) || (p->reached && !part_check(p)))
		return code;
	return unit_assign(p->b, p->best, p->target, p->path)
		       ? OPUS_OK
		       : error_set(err, OPUS_RESOURCE, "out of memory");
}

enum opus_code again_locate(struct build *b, size_t target, size_t units,
			    struct facts *f, struct opus_error *err)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;
	enum opus_code code = OPUS_OK;

	while (code == OPUS_OK && b->target[target]->dwarf && !build_interrupted &&
	       dwarf_get_units(b->target[target]->dwarf, cu, &cu, NULL, &type, &die, NULL) == 0) {
		struct part p = {.b = b, .target = target, .die = die,
				 .path = facts_unit_key(f, &die)};

		if (*unit_number(p.path))
			code = part_locate(&p, units, err);
	}
	return code;
}
