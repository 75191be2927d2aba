/*
 * pass_locate.c - which unit of the build made which part of which target.
 *
 * Called by:  build.c.  Needs diff.unit, target; leaves in each unit its target
 *             and `found`, and units that no target holds unreached.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A source may be compiled several times: for a program and for a library, with
 * and without -fPIC, with other macros. The debug information of a target has
 * the path, the folder and the options of what was compiled into it, and the
 * unit that fits best is taken; of those that fit as well, the one with the code
 * of the target (likeness.c). The tree may lie elsewhere than the target was
 * built, so only the ends of paths count.
 */
#include <dwarf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "facts.h"
#include "twin.h"

/* How many parts of two paths agree, from the end. */
static int parts_alike(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	int parts = 0;

	while (n > 0 && m > 0 && a[n - 1] == b[m - 1]) {
		n--;
		m--;
		parts += a[n] == '/';
	}
	return parts + (n == 0 || m == 0);
}

static const char *text_of(Dwarf_Die *die, unsigned int what)
{
	Dwarf_Attribute attr;
	const char *text = dwarf_attr(die, what, &attr) ? dwarf_formstring(&attr)
							: NULL;

	return text ? text : "";
}

/* May the unit be what was compiled from that path? Where prefix maps have taken
 * folders away, what is left has to fit. */
static bool path_fits(const struct unit *u, const char *path)
{
	return unit_matches(path, u->relative) || unit_matches(path, u->named) ||
	       (*path != '/' && unit_matches(u->source, path));
}

enum opus_code units_want(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	struct facts *f = NULL;
	enum opus_code code = facts_collect(NULL, NULL, 0, &f, err);

	for (size_t t = 0; t < b->targets && code == OPUS_OK; t++) {
		bool all = !object_is_described(b->target[t]);
		Dwarf_CU *cu = NULL;
		Dwarf_Die die, sub;
		uint8_t type;

		for (size_t i = 0; i < d->units; i++)
			d->unit[i]->wanted |= all;
		while (!all && !build_interrupted &&
		       dwarf_get_units(b->target[t]->dwarf, cu, &cu, NULL, &type, &die,
				       &sub) == 0) {
			const char *path = facts_unit_path(f, &die);

			for (size_t i = 0; i < d->units; i++)
				d->unit[i]->wanted |= path_fits(d->unit[i], path);
		}
	}
	facts_destroy(f);
	return code;
}

/* Is that path in the tree, and another file than the unit's: a copy of it? */
static bool is_other(const struct diff *d, const struct unit *u, const char *path)
{
	size_t prefix;
	const char *name = tree_name(d, path, &prefix);
	char file[PATH_MAX], real[PATH_MAX];

	return name && snprintf(file, sizeof(file), "%s/%s", d->view, name) < PATH_MAX &&
	       realpath(file, real) && strcmp(real, u->source) != 0;
}

int unit_fit(const struct diff *d, const struct unit *u, const char *path, Dwarf_Die *cu)
{
	const char *producer = text_of(cu, DW_AT_producer);
	const char *name = text_of(cu, DW_AT_name);
	bool pic = strstr(producer, "-fPIC") || strstr(producer, "-fpic");
	int score;

	/* Of several paths that end alike the shortest: a file at the top of
	 * the tree is not the one of that name further down. Where prefix maps
	 * have taken folders away, the longest that is left. */
	if (!path_fits(u, path) || is_other(d, u, path))
		return 0;
	score = unit_matches(path, u->relative) || unit_matches(path, u->named)
			? 200000 - 10 * (int)strlen(path)
						: 100000 + 10 * (int)strlen(path);
	score += 4 * parts_alike(text_of(cu, DW_AT_comp_dir), u->folder);
	score += pic == u->pic ? 2 : 0;
	for (size_t i = 1; i < u->call.count; i++) {
		const char *w = u->call.argv[i];

		score += strcmp(w, name) == 0;
		/* The producer repeats what concerns the code. */
		if (w[0] == '-' && (w[1] == 'f' || w[1] == 'm' || w[1] == 'O'))
			score += strstr(producer, w) ? 1 : -1;
	}
	return score > 0 ? score : 1;
}

/* The same source for another part of the targets: a unit of its own. */
static struct unit *unit_for(struct build *b, struct unit *u, size_t target)
{
	struct diff *d = b->diff;
	struct unit **grown, *copy;

	if (!u->found)
		return u;
	grown = build_grow(d->unit, d->units, sizeof(*grown));
	if (!grown)
		return NULL;
	d->unit = grown;
	copy = calloc(1, sizeof(*copy));
	if (!copy)
		return NULL;
	unit_uncut(u);
	*copy = *u;
	copy->shared = true;
	copy->target = target;
	copy->found = NULL;
	grown[d->units++] = copy;
	return copy;
}

struct unit *unit_assign(struct build *b, struct unit *u, size_t target, const char *path)
{
	u = unit_for(b, u, target);
	if (u) {
		u->target = target;
		u->found = build_text(b, "%s", path);
	}
	return u;
}

/* Is the source compiled under another command line too? */
static bool is_again(const struct diff *d, size_t unit, size_t units)
{
	for (size_t i = 0; i < units; i++)
		if (i != unit && strcmp(d->unit[i]->source, d->unit[unit]->source) == 0)
			return true;
	return false;
}

/* One source, several times in one target, as link-time optimisation has it: its
 * functions and variables have the same path there, and no code of their own that
 * would tell them apart. */
static void twice_refuse(struct build *b, const struct unit *u, size_t target)
{
	struct note_place place = {u->source, "1"};

	build_tell(b, TOPIC_SEVERAL_TIMES, &place, u->relative,
		     "replace its functions by hand, with `opus-build compile`",
		     "is in %s several times, compiled in different ways, and its debug information does not tell them apart",
		     b->target[target]->name);
}

static bool is_tied(const struct diff *d, const int *best, size_t i, size_t k)
{
	return best[k] == best[i] && strcmp(d->unit[k]->source, d->unit[i]->source) == 0;
}

/* Are there units that fit as well as this one, and are made of another text? Only
 * the first of them is asked. */
static bool is_contested(const struct diff *d, const int *best, size_t i, size_t units)
{
	bool reached = d->unit[i]->reached, other = false;

	for (size_t k = 0; k < units; k++) {
		if (k == i || !is_tied(d, best, i, k))
			continue;
		if (k < i)
			return false;
		reached |= d->unit[k]->reached;
		other |= !text_same(&d->unit[i]->before, &d->unit[k]->before);
	}
	return best[i] > 0 && reached && other;
}

/* Where several units fit as well, the one whose functions the target has. */
static enum opus_code ties_settle(struct build *b, size_t target, int *best, size_t units,
				  struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < units && code == OPUS_OK; i++) {
		struct likeness like;
		size_t winner = i, most = 0;

		if (!is_contested(d, best, i, units))
			continue;
		for (size_t k = i; k < units && code == OPUS_OK; k++) {
			if (!is_tied(d, best, i, k))
				continue;
			code = unit_likeness(b, d->unit[k], target, NULL, &like, err);
			if (code == OPUS_OK && like.alike > most) {
				most = like.alike;
				winner = k;
			}
		}
		best[winner]++;
	}
	return code;
}

/* For each source of a target the unit that fits best. */
static enum opus_code target_locate(struct build *b, size_t target, size_t units,
				    struct opus_error *err)
{
	struct diff *d = b->diff;
	struct facts *f = NULL;
	int *best = calloc(units, sizeof(*best));
	const char **path = calloc(units, sizeof(*path));
	size_t *parts = calloc(units, sizeof(*parts)); /* of the target, of that path */
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, sub;
	uint8_t type;
	enum opus_code code = facts_collect(NULL, NULL, 0, &f, err);

	if (code == OPUS_OK && (!best || !path || !parts))
		code = error_set(err, OPUS_RESOURCE, "out of memory");
	if (code == OPUS_OK && b->target[target]->dwarf)
		code = facts_number(f, b->target[target]->dwarf, err);
	while (code == OPUS_OK && b->target[target]->dwarf && !build_interrupted &&
	       dwarf_get_units(b->target[target]->dwarf, cu, &cu, NULL, &type, &die,
			       &sub) == 0) {
		const char *p = facts_unit_key(f, &die);

		for (size_t i = 0; i < units && !*unit_number(p); i++) {
			int score = unit_fit(d, d->unit[i], p, &die);

			parts[i] = path[i] == p ? parts[i] + 1 : score > best[i] ? 1 : parts[i];
			if (score > best[i]) {
				best[i] = score;
				path[i] = p;
			}
		}
	}
	if (code == OPUS_OK)
		code = ties_settle(b, target, best, units, err);
	for (size_t i = 0; i < units && code == OPUS_OK; i++) {
		struct unit *u;
		bool first = best[i] > 0;

		/* Another unit of this source may fit better, or as well. */
		for (size_t k = 0; k < units && first; k++)
			if (k != i && strcmp(d->unit[k]->source, d->unit[i]->source) == 0)
				first = best[k] < best[i] || (i < k && best[k] == best[i]);
		if (!first)
			continue;
		u = unit_assign(b, d->unit[i], target, path[i]);
		if (!u)
			code = error_set(err, OPUS_RESOURCE, "out of memory");
		else if (u->reached && parts[i] > 1 && is_again(d, i, units))
			twice_refuse(b, u, target);
	}
	if (code == OPUS_OK)
		code = again_locate(b, target, units, f, err);
	free(parts);
	free(best);
	free(path);
	facts_destroy(f);
	return code;
}

enum opus_code pass_locate(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	size_t units = d->units;
	bool any = false;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < b->targets; i++)
		if (!object_is_described(b->target[i]))
			return error_set(err, OPUS_INVALID,
				 "%s: has no debug information, without which copies of a function that were inlined elsewhere would not be seen: give the debug file with --debug",
				 b->target[i]->path);
	for (size_t i = 0; i < b->targets && code == OPUS_OK; i++)
		code = target_locate(b, i, units, err);
	for (size_t i = 0; i < d->units; i++) {
		struct unit *u = d->unit[i];

		/* New source files are in no target yet. */
		if (!u->found && !u->fresh)
			u->reached = false;
		/* A path that no part of a target has: prefix maps leave what is
		 * below the tree, and then the other unit of the source has that. */
		if (!u->found)
			u->found = u->fresh ? u->relative : "";
		any |= u->reached;
	}
	if (code == OPUS_OK && !any)
		return error_set(err, OPUS_ALREADY,
				 "no source file that the diff reaches is in %s%s",
				 b->target[0]->path, b->targets > 1 ? " or the other targets" : "");
	return code;
}
