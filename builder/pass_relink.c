/*
 * pass_relink.c - what link-time optimisation makes of the new source elsewhere.
 *
 * Called by:  build.c.  Needs diff.change, twin; adds to diff.change.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Within a file a compiler relies in one function on what it found in another
 * (knowledge.c). Linked as a whole it does so in all of a program: a caller in another
 * file keeps in a register what the old function left alone. No compile of one file
 * tells; but the build with the diff does. A function whose code is another there than
 * in the build without it, and whose text is the same, has to be new, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "diff.h"
#include "facts.h"
#include "path.h"
#include "twin.h"

/* The functions of a file, by name. */
struct functions {
	const struct object_symbol **at;
	size_t count;
};

static int name_compare(const void *a, const void *b)
{
	const struct object_symbol *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static bool functions_list(const struct object *o, struct functions *ret)
{
	ret->count = 0;
	ret->at = calloc(o->defined + 1, sizeof(*ret->at));
	if (!ret->at)
		return false;
	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];

		if (s->code && s->type == STT_FUNC && !s->dynamic && s->size)
			ret->at[ret->count++] = s;
	}
	qsort(ret->at, ret->count, sizeof(*ret->at), name_compare);
	return true;
}

/* The only one of the name, or NULL. */
static const struct object_symbol *function_find(const struct functions *f, const char *name)
{
	struct object_symbol key = {.name = name};
	const struct object_symbol *k = &key, **found;

	found = bsearch(&k, f->at, f->count, sizeof(*f->at), name_compare);
	if (!found || (found > f->at && strcmp(found[-1]->name, name) == 0) ||
	    (found + 1 < f->at + f->count && strcmp(found[1]->name, name) == 0))
		return NULL;
	return *found;
}

static bool is_same(const struct object *a, const struct object_symbol *s,
		    const struct object *b, const struct object_symbol *t)
{
	const uint8_t *x = object_bytes(a, s->value, s->size);
	const uint8_t *y = object_bytes(b, t->value, t->size);

	return s->size == t->size && x && y &&
	       code_alike(x, s->value, y, t->value, s->size);
}

/* The function at an address of the target is made otherwise of the new source. */
static enum opus_code differing_add(struct build *b, size_t target, struct facts *f,
				    const struct object_symbol *s, struct opus_error *err)
{
	static const char because[] = "code of other files";
	const char *name, *linkage, *path;
	const struct entity *e = NULL;
	struct unit *u = NULL;
	struct note_place place;
	enum opus_code code;

	if (!facts_origin_at(f, s->value, &name, &linkage, &path))
		return OPUS_OK;
	code = unit_ready(b, target, path, &u, err);
	if (code == OPUS_OK && u)
		e = parse_function(&u->parse_after, *linkage ? linkage : name);
	/* A template's instances, and what the compiler made itself. */
	if (!e || e->is_template || !e->is_definition || change_find(b->diff, u, e->linkage) ||
	    odr_is_made(b->diff, u, e))
		return code;
	if (strcmp(e->name, "main") != 0)
		return change_add(b, u, e, CHANGE_KNOWS, because, err);
	place = entity_place(b, u, &u->after, e);
	build_tell(b, TOPIC_RELIED_ON, &place, e->name,
		   "see what it does with the result and the data of those that it calls",
		   "has other code when it is linked with the new functions, and cannot be new: it is not left while the program runs");
	return OPUS_OK;
}

static enum opus_code functions_compare(struct build *b, size_t target,
					const struct object *before,
					const struct object *after, struct opus_error *err)
{
	struct functions mine = {0}, old = {0}, new = {0};
	struct facts *f = NULL;
	enum opus_code code = facts_collect(b->target[target], NULL, 0, &f, err);

	if (code == OPUS_OK &&
	    (!functions_list(b->target[target], &mine) || !functions_list(before, &old) ||
	     !functions_list(after, &new)))
		code = error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < old.count && code == OPUS_OK; i++) {
		const struct object_symbol *s = function_find(&old, old.at[i]->name);
		const struct object_symbol *t = s ? function_find(&new, s->name) : NULL;
		const struct object_symbol *m = t ? function_find(&mine, s->name) : NULL;

		if (m && !is_same(before, s, after, t))
			code = differing_add(b, target, f, m, err);
	}
	free(mine.at);
	free(old.at);
	free(new.at);
	facts_destroy(f);
	return code;
}

/* A file that the build with the diff made: what it was before is known. */
static enum opus_code target_compare(struct build *b, size_t target, struct opus_error *err)
{
	struct diff *d = b->diff;
	struct object *before = NULL, *after = NULL;
	struct opus_error why;
	enum opus_code code = object_open(d->twin_path[target], NULL, 0, &before, &why);

	if (code == OPUS_OK)
		code = object_open(d->twin_made[target], NULL, 0, &after, &why);
	if (code == OPUS_OK)
		code = functions_compare(b, target, before, after, err);
	else if (code != OPUS_RESOURCE)
		code = OPUS_OK; /* the build makes it elsewhere now */
	if (before)
		object_close(before);
	if (after)
		object_close(after);
	return code;
}

/* Is any of it linked as a whole? */
static bool is_whole(const struct diff *d, size_t target)
{
	for (size_t i = 0; i < d->units; i++)
		if (d->unit[i]->target == target && unit_is_whole(d->unit[i]))
			return true;
	return false;
}

enum opus_code pass_relink(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	struct note_place place = {b->options->diff, "1"};
	struct opus_error why;
	bool built = d->rebuilt;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < b->targets && code == OPUS_OK && !build_interrupted; i++) {
		if (!d->twin_path || !d->twin_path[i] || !is_whole(d, i) ||
		    b->options->commands == 0)
			continue;
		if (!built) {
			build_progress(b, "building with the diff", 0, 0);
			code = build_with_diff(b, &why);
			build_progress(b, NULL, 0, 0);
		}
		if (code == OPUS_INVALID) {
			build_tell(b, TOPIC_UNCOMPARED, &place, path_base(b->options->diff),
				   "see that no function of another file relies on what the old ones did",
				   "the build fails with the diff, so nothing can be said of what link-time optimisation knew");
			return OPUS_OK;
		}
		if (code != OPUS_OK) {
			*err = why;
			return code;
		}
		built = true;
		code = target_compare(b, i, err);
	}
	return code;
}
