/*
 * split.c - one diff, several targets: a patch for each of them.
 *
 * Called by:  build.c, behind pass_closure.
 * Runs on:    command; a child process per target.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The same source may be in several targets, with the same names, and a process
 * need not have all of them loaded. So each target gets a patch of its own,
 * with the same labels. From here on a build is about one patch: a child takes
 * what concerns its target and goes on alone.
 *
 * If the fix makes something new in one target that another's code uses, a patch
 * of both brings that about where every process with the one has the other. Else,
 * as with a library and two programs, each patch gets a copy of the new code; but
 * a new variable there can be only one of.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "diff.h"
#include "meaning.h"
#include "symbol.h"

bool diff_reaches(const struct diff *d, size_t target)
{
	for (size_t i = 0; i < d->changes; i++)
		if (d->change[i].unit->target == target && d->change[i].present &&
		    !d->change[i].fresh)
			return true;
	return false;
}

/* "fix-libx.so.1.opus" of "fix.opus" */
static const char *path_of(struct build *b, const char *path, const char *suffix)
{
	const char *dot = strrchr(path, '.');
	size_t stem = dot && !strchr(dot, '/') ? (size_t)(dot - path) : strlen(path);

	return build_text(b, "%.*s%s%s", (int)stem, path, suffix, path + stem);
}

/* Where a child leaves its object for --json. */
static const char *json_of(struct build *b, size_t target)
{
	return build_text(b, "%s/%zu.json", b->folder, target);
}

/* Is it new, or passed in another way than before, and for others to use? */
static bool is_offered(const struct diff *d, const struct unit *u, const struct entity *e)
{
	const struct change *c;

	if (unit_offers(u, e))
		return true;
	if (e->kind != ENTITY_FUNCTION || !e->is_definition || e->is_static || e->is_inline ||
	    e->is_template || e->in_class)
		return false;
	c = change_find(d, u, e->linkage);
	return c && c->fresh;
}

static bool unit_defines(const struct diff *d, const struct unit *u, const char *linkage)
{
	for (size_t i = 0; i < u->parse_after.entities; i++)
		if (is_offered(d, u, &u->parse_after.entity[i]) &&
		    strcmp(u->parse_after.entity[i].linkage, linkage) == 0)
			return true;
	return false;
}

/* Has the target one of its own? */
static bool target_defines(const struct diff *d, size_t target, const char *linkage)
{
	for (size_t i = 0; i < d->units; i++)
		if (d->unit[i]->target == target && d->unit[i]->reached &&
		    unit_defines(d, d->unit[i], linkage))
			return true;
	return false;
}

/* Does the code of a unit name it, and mean none of its own? Of a unit that is `lent`
 * to another target only what is new goes there. */
static bool unit_names(const struct diff *d, const struct unit *u, bool lent,
		       const struct entity *e)
{
	if (parse_function(&u->parse_after, e->linkage))
		return false;
	for (size_t i = 0; i < u->parse_after.entities; i++) {
		const struct entity *f = &u->parse_after.entity[i];

		if (f->kind == ENTITY_FUNCTION && f->body_at &&
		    (!lent || unit_is_new(u, f) || is_offered(d, u, f)) &&
		    meaning_names(&u->after, f, e->name))
			return true;
	}
	return false;
}

/* Has a unit that is lent already one? */
static bool lent_defines(const struct diff *d, const bool *lent, const char *linkage)
{
	for (size_t i = 0; i < d->units; i++)
		if (lent[i] && unit_defines(d, d->unit[i], linkage))
			return true;
	return false;
}

/* Does the target use something that is new in a unit of another, itself or by code
 * that is lent to it? */
static bool is_lender(const struct diff *d, const struct unit *of, size_t target,
		      const bool *lent)
{
	for (size_t k = 0; k < of->parse_after.entities; k++) {
		const struct entity *e = &of->parse_after.entity[k];

		if (!is_offered(d, of, e) || target_defines(d, target, e->linkage) ||
		    lent_defines(d, lent, e->linkage))
			continue;
		for (size_t i = 0; i < d->units; i++)
			if ((lent[i] || (d->unit[i]->target == target && d->unit[i]->reached &&
					 unit_is_in(d, d->unit[i]))) &&
			    unit_names(d, d->unit[i], lent[i], e))
				return true;
	}
	return false;
}

/* Lend one more unit: of what the target needs, or else of any. */
static bool lender_find(const struct build *b, size_t target, bool needed, bool *lent)
{
	const struct diff *d = b->diff;

	for (size_t i = 0; i < d->units; i++) {
		const struct unit *u = d->unit[i];

		if (lent[i] || u->target == target || !u->reached ||
		    (needed && !target_needs(b, target, u->target)) ||
		    !is_lender(d, u, target, lent))
			continue;
		return lent[i] = true;
	}
	return false;
}

/* Libraries may have the same source: the target means that of its own ones. A module
 * need not name them. */
static void lenders_find(const struct build *b, size_t target, bool *lent)
{
	while (lender_find(b, target, true, lent) || lender_find(b, target, false, lent))
		continue;
}

/* A new variable of a unit, or NULL: of that there must not be two. */
static const struct entity *state_of(const struct unit *u)
{
	for (size_t i = 0; i < u->parse_after.entities; i++) {
		const struct entity *e = &u->parse_after.entity[i];

		if ((e->kind == ENTITY_VARIABLE || e->kind == ENTITY_LOCAL) &&
		    e->is_definition && !e->is_extern && !e->is_const && unit_is_new(u, e))
			return e;
	}
	return NULL;
}

/* What is new in the sources of other targets is not for this one, unless it is
 * lent to it. */
static void units_take(struct build *b, size_t target)
{
	struct diff *d = b->diff;
	CLEANUP(cleanup_free) bool *lent = calloc(d->units + 1, sizeof(*lent));
	size_t kept = 0;

	if (lent)
		lenders_find(b, target, lent);
	for (size_t i = 0; i < d->changes; i++) {
		bool takes = d->change[i].unit->target == target;

		for (size_t k = 0; k < d->units && !takes; k++)
			takes = lent && lent[k] && d->unit[k] == d->change[i].unit &&
				d->change[i].fresh;
		if (takes)
			d->change[kept++] = d->change[i];
	}
	d->changes = kept;
	for (size_t i = 0; i < d->units; i++)
		d->unit[i]->reached &= d->unit[i]->target == target || (lent && lent[i]);
}

/* Leave what concerns one target. */
static void target_take(struct build *b, size_t target, struct build_options *o)
{
	struct diff *d = b->diff;

	units_take(b, target);
	hooks_take(b, target);
	b->suffix = build_text(b, "-%s", b->target[target]->name);
	b->json = json_of(b, target);
	*o = *b->options;
	o->output = path_of(b, o->output, b->suffix);
	b->output = path_of(b, b->output, b->suffix);
	if (o->emit) {
		o->emit = path_of(b, o->emit, b->suffix);
		d->emit = path_of(b, d->emit, b->suffix);
	}
	b->options = o;
	snprintf(b->folder + strlen(b->folder), sizeof(b->folder) - strlen(b->folder),
		 "/%zu", target);
	if (mkdir(b->folder, 0700) != 0)
		perror(b->folder);
}

/* Does code of another target name it, that has none of its own? */
static const struct unit *user_elsewhere(const struct diff *d, const struct unit *of,
					 const struct entity *e)
{
	for (size_t i = 0; i < d->units; i++) {
		const struct unit *u = d->unit[i];

		if (u->target != of->target && u->reached && unit_is_in(d, u) &&
		    !target_defines(d, u->target, e->linkage) && unit_names(d, u, false, e))
			return u;
	}
	return NULL;
}

/* One source in two targets would be there twice, under the same names. */
static const struct unit *unit_doubled(const struct diff *d, const struct unit **ret_other)
{
	for (size_t i = 0; i < d->units; i++)
		for (size_t k = 0; k < i; k++)
			if (d->unit[i]->reached && d->unit[k]->reached &&
			    d->unit[i]->target != d->unit[k]->target &&
			    strcmp(d->unit[i]->source, d->unit[k]->source) == 0) {
				*ret_other = d->unit[k];
				return d->unit[i];
			}
	return NULL;
}

/* Has a process with one of the targets all of them? Not if they are two programs,
 * or modules that a program may load. */
static bool are_together(struct build *b)
{
	const struct diff *d = b->diff;

	for (size_t top = 0; top < b->targets; top++) {
		bool all = true;

		for (size_t i = 0; i < d->units && all; i++)
			all = !d->unit[i]->reached || d->unit[i]->target == top ||
			      !unit_is_in(d, d->unit[i]) ||
			      target_needs(b, top, d->unit[i]->target);
		if (all)
			return true;
	}
	return false;
}

/* What one target is to use of another, and how that can be. */
enum union_kind {
	UNION_NONE,  /* nothing */
	UNION_JOINT, /* by one patch for all */
	UNION_LENT,  /* each patch has a copy of it */
	UNION_NEVER, /* in no way; it was refused */
};

static enum union_kind union_refuse(struct build *b, const struct unit *of,
				    const struct unit *user, const struct entity *e,
				    const struct entity *state)
{
	struct note_place place = entity_place(b, of, &of->after, e);
	const struct unit *other, *twice = unit_doubled(b->diff, &other);

	if (twice)
		build_tell(b, TOPIC_JOINT, NULL, twice->relative,
			   "split the diff, so that what both have is in one of its own",
			   "is in %s and in %s, which have to be patched together",
			   b->target[other->target]->name, b->target[twice->target]->name);
	else
		build_tell(b, TOPIC_JOINT, &place, e->name,
			   "make a patch for each of the programs, with the libraries that it uses as the only other targets",
			   "is new in %s, with a variable, %s, of which there has to be one, and %s uses it: one patch for all targets, and no process has them all",
			   b->target[of->target]->name, state->name,
			   b->target[user->target]->name);
	return UNION_NEVER;
}

/* `e` of one unit is new, and the code of another target's uses it. */
static enum union_kind union_choose(struct build *b, const struct unit *of,
				    const struct unit *user, const struct entity *e)
{
	const struct diff *d = b->diff;
	CLEANUP(cleanup_free) bool *lent = calloc(d->units + 1, sizeof(*lent));
	const struct entity *state = NULL;
	const struct unit *other;
	bool joint = are_together(b) && !unit_doubled(d, &other);

	if (!lent) {
		fprintf(stderr, "opus-build: error: out of memory\n");
		return UNION_NEVER;
	}
	for (size_t t = 0; t < b->targets; t++) {
		memset(lent, 0, d->units * sizeof(*lent));
		lenders_find(b, t, lent);
		for (size_t i = 0; i < d->units && !state; i++)
			state = lent[i] ? state_of(d->unit[i]) : NULL;
	}
	if (!joint && state)
		return union_refuse(b, of, user, e, state);
	fprintf(stderr, "opus-build: %s is new in %s, and %s uses it: %s\n", e->name,
		b->target[of->target]->name, b->target[user->target]->name,
		joint ? "one patch for all targets, for processes that have them all"
		      : "each patch has a copy of it");
	return joint ? UNION_JOINT : UNION_LENT;
}

static enum union_kind union_find(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->units; i++) {
		const struct unit *u = d->unit[i];

		for (size_t k = 0; u->reached && k < u->parse_after.entities; k++) {
			const struct entity *e = &u->parse_after.entity[k];
			const struct unit *user = is_offered(d, u, e) ? user_elsewhere(d, u, e)
								     : NULL;

			if (user)
				return union_choose(b, u, user, e);
		}
	}
	return UNION_NONE;
}

static enum build_status child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return BUILD_ERROR;
	return WIFEXITED(status) ? (enum build_status)WEXITSTATUS(status)
				 : BUILD_ERROR;
}

bool build_split(struct build *b, struct build_options *own,
		 enum build_status *ret)
{
	size_t count = 0, last = 0, first = 0, ended = 0;
	CLEANUP(cleanup_free) const char **files = NULL;
	const char *hook;

	for (size_t i = b->targets; i-- > 0;)
		if (diff_reaches(b->diff, i)) {
			last = count++ ? last : i;
			first = i;
		}
	if (count == 0)
		return false;
	switch (union_find(b)) {
	case UNION_JOINT:
		return false;
	case UNION_NEVER:
		*ret = BUILD_REFUSED;
		report_print(b, BUILD_REFUSED, "");
		return true;
	case UNION_LENT:
	case UNION_NONE:
		break;
	}
	if (count == 1) {
		units_take(b, first);
		return false;
	}
	hook = hooks_misplaced(b);
	if (hook) {
		const char *why = build_text(
			b, "the diff concerns several targets, with a patch for each, and %s names no variable of one of them that gets another first value: give the --target that it is for alone",
			hook);

		fprintf(stderr, "opus-build: error: %s\n", why);
		*ret = BUILD_ERROR;
		report_print(b, BUILD_ERROR, why);
		return true;
	}
	*ret = BUILD_DONE;
	files = calloc(b->targets, sizeof(*files));
	for (size_t i = first; i <= last && *ret == BUILD_DONE; i++) {
		pid_t pid;

		if (!diff_reaches(b->diff, i))
			continue;
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			target_take(b, i, own);
			return false;
		}
		*ret = pid < 0 ? BUILD_ERROR : child_wait(pid);
		if (files)
			files[ended++] = json_of(b, i);
	}
	report_merge(b, (int)*ret, files, ended);
	/* All of them or none: half a fix is none. */
	for (size_t i = first; i <= last && *ret != BUILD_DONE; i++)
		if (diff_reaches(b->diff, i))
			unlink(path_of(b, b->output,
				       build_text(b, "-%s", b->target[i]->name)));
	return true;
}
