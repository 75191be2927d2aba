/*
 * folded.c - functions of which the compiler or the linker has made one.
 *
 * Called by:  pass_closure.c, pass_resolve.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * GCC makes one of static functions that came out alike (-fipa-icf), and so do linkers
 * (--icf). The code has one description, that of the function it was kept for, and
 * symbols of all. A jump at its entry would lead all callers to what only one of them
 * is to call: so the others come along as they are, and their callers with them.
 */
#include "folded.h"

#include <string.h>

#include "compare.h"

bool folded_is_called(const struct unit *u, const char *name)
{
	const struct text *t = &u->after;

	for (size_t i = 0; i < t->tokens; i++)
		if (t->token[i].kind == TOKEN_WORD && token_is(t, i, name) &&
		    !token_is(t, i + 1, "("))
			return false;
	return true;
}

/* Can its callers be replaced in its place? */
static bool is_free(const struct unit *u, const char *name, bool is_static)
{
	return is_static && !u->cxx && folded_is_called(u, name);
}

/* Is the code that the target has under the name of the change another function's? */
static bool is_away(const struct build *b, struct facts *f, const struct change *c)
{
	const struct diff *d = b->diff;
	const char *name, *linkage, *path;

	if (!is_free(c->unit, c->name, c->is_static))
		return false;
	for (const struct change *o = d->change; o < c; o++)
		if (o->present && o->target == c->target && o->entry == c->entry &&
		    strcmp(o->linkage, c->linkage) != 0)
			return true;
	return facts_origin_at(f, c->entry, &name, &linkage, &path) &&
	       strcmp(linkage, c->linkage) != 0 && strcmp(name, c->name) != 0;
}

/* Has the target that code under the name of the function, too? */
static bool has_code_of(const struct object *o, const struct change *c,
			const struct entity *e)
{
	const char *base = strrchr(c->unit->found, '/');

	base = base ? base + 1 : c->unit->found;
	for (const struct object_symbol *s = NULL; (s = object_symbol_at(o, c->entry, s)) != NULL;)
		if (s->code && s->type == STT_FUNC && !s->dynamic &&
		    strcmp(s->name, e->linkage) == 0 &&
		    (e->is_static ? s->bind == STB_LOCAL && strcmp(s->file, base) == 0
				  : s->bind != STB_LOCAL))
			return true;
	return false;
}

/* The next function of the unit, behind `last` or the first, that has the code of the
 * change and does not change itself. */
static const struct entity *next_with(const struct build *b, const struct change *c,
				      const struct entity *last)
{
	const struct unit *u = c->unit;
	const struct parse *p = &u->parse_after;

	for (const struct entity *e = last ? last + 1 : p->entity; e < p->entity + p->entities;
	     e++)
		if (e->kind == ENTITY_FUNCTION && e->body_at &&
		    strcmp(e->linkage, c->linkage) != 0 &&
		    has_code_of(b->target[c->target], c, e) &&
		    !change_find(b->diff, u, e->linkage) && !unit_is_new(u, e))
			return e;
	return NULL;
}

/* Has it to stay what it is for a function that goes by its address? */
static bool is_held(const struct build *b, const struct change *c)
{
	const struct entity *e = NULL;

	if (!is_free(c->unit, c->name, c->is_static))
		return false;
	while ((e = next_with(b, c, e)) != NULL)
		if (!is_free(c->unit, e->name, e->is_static))
			return true;
	return false;
}

enum opus_code folded_split(struct build *b, struct facts *f, size_t of,
			    struct opus_error *err)
{
	struct change *c = &b->diff->change[of];
	const struct entity *e = NULL;
	enum opus_code code = OPUS_OK;

	if (c->present && (c->why == CHANGE_FOLDED || is_away(b, f, c) || is_held(b, c)))
		c->present = false;
	while (code == OPUS_OK && b->diff->change[of].present &&
	       (e = next_with(b, &b->diff->change[of], e)) != NULL) {
		c = &b->diff->change[of];
		if (is_free(c->unit, e->name, e->is_static))
			code = change_add(b, c->unit, e, CHANGE_FOLDED, c->name, err);
	}
	return code;
}

bool folded_apart(const struct build *b, size_t target, const char *name)
{
	const struct diff *d = b->diff;

	for (size_t i = 0; d && i < d->changes; i++)
		if (!d->change[i].present && d->change[i].unit->target == target &&
		    strcmp(d->change[i].linkage, name) == 0)
			return true;
	return false;
}
