/*
 * moved.c - functions and variables that the diff takes from one file to another.
 *
 * Called by:  pass_compare.c, fate.c, pass_emit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * To the unit that gets it, it is new; the target has it all the same, from the unit
 * that loses it. A function is replaced there, and of a variable the one that exists
 * is meant, with what is stored in it.
 */
#include <string.h>

#include "compare.h"
#include "edit.h"
#include "fate.h"

/* What the unit had, and has no longer; NULL if it has it yet or never had. */
static const struct entity *lost_of(const struct unit *u, const struct entity *e)
{
	const struct entity *old;

	if (!u->parsed || u->same || u->fresh)
		return NULL;
	old = counterpart(&u->parse_before, e);
	if (!old || !old->is_definition)
		return NULL;
	e = counterpart(&u->parse_after, e);
	return e && e->is_definition ? NULL : old;
}

static bool is_function(const struct entity *e)
{
	return e->kind == ENTITY_FUNCTION && !e->is_static && !e->is_inline;
}

bool unit_loses(const struct unit *u)
{
	for (size_t i = 0; i < u->parse_before.entities; i++) {
		const struct entity *e = &u->parse_before.entity[i];

		if (e->is_definition &&
		    (is_function(e) || e->kind == ENTITY_VARIABLE || e->kind == ENTITY_LOCAL) &&
		    lost_of(u, e))
			return true;
	}
	return false;
}

/* Has a function moved with it that names it? */
static bool is_taken_along(const struct unit *from, const struct unit *u,
			   const struct entity *old)
{
	for (size_t i = 0; i < from->parse_before.entities; i++) {
		const struct entity *f = &from->parse_before.entity[i], *moved;

		if (f->kind != ENTITY_FUNCTION || !f->is_definition ||
		    !range_names(&from->before, f->start, f->end, old->name) ||
		    !lost_of(from, f))
			continue;
		moved = counterpart(&u->parse_after, f);
		if (moved && moved->is_definition && unit_is_new(u, moved))
			return true;
	}
	return false;
}

/* The unit of the same target that loses it, and in *ret what it was there. */
static const struct unit *loser_of(const struct build *b, const struct unit *u,
				   const struct entity *e, const struct entity **ret)
{
	const struct diff *d = b->diff;

	for (size_t i = 0; i < d->units; i++) {
		const struct unit *from = d->unit[i];
		const struct entity *old = from != u && from->target == u->target
						   ? lost_of(from, e)
						   : NULL;

		/* There may be others of that name. */
		if (!old || (old->is_static && e->kind == ENTITY_VARIABLE &&
			     !is_taken_along(from, u, old)))
			continue;
		*ret = old;
		return from;
	}
	return NULL;
}

const struct unit *moved_from(const struct build *b, const struct unit *u,
			      const struct entity *v)
{
	const struct entity *old;

	if (v->kind == ENTITY_FUNCTION || !u->parsed || !unit_is_new(u, v) ||
	    v->is_const || v->is_nameless)
		return NULL;
	return loser_of(b, u, v, &old);
}

static bool is_weak(const struct text *t, const struct entity *e)
{
	size_t end = text_token_at(t, function_head_end(t, e));

	for (size_t i = text_token_at(t, e->start); i < end; i++)
		if (token_is(t, i, "weak") || token_is(t, i, "__weak__"))
			return true;
	return false;
}

/* Has the target a function of that name, a weak one or one of a library's archive?
 * The linker would take this one instead. */
static bool is_overriding(const struct build *b, const struct unit *u,
			  const struct entity *e)
{
	const struct object *o = b->target[u->target];

	for (size_t i = 0; i < o->defined; i++)
		if (o->symbol[i].bind != STB_LOCAL && o->symbol[i].code &&
		    strcmp(o->symbol[i].name, e->linkage) == 0)
			return !is_weak(&u->after, e);
	return false;
}

/* A global function that comes from another file of the target: it is the one that
 * the target has. */
static enum opus_code function_find(struct build *b, struct unit *u,
				    const struct entity *e, struct opus_error *err)
{
	const struct entity *old;

	if (!e->body_at || !unit_offers(u, e))
		return OPUS_OK;
	return loser_of(b, u, e, &old) || is_overriding(b, u, e)
		       ? change_add(b, u, e, CHANGE_TEXT, NULL, err)
		       : OPUS_OK;
}

/* Are declarator and first value spelled the same? */
static bool is_same(const struct unit *from, const struct entity *old,
		    const struct unit *u, const struct entity *new)
{
	size_t i = text_token_at(&from->before, old->name_at);
	size_t i_end = text_token_at(&from->before, old->end);
	size_t k = text_token_at(&u->after, new->name_at);

	if (i_end - i != text_token_at(&u->after, new->end) - k)
		return false;
	for (; i < i_end; i++, k++)
		if (!token_same(&from->before, i, &u->after, k))
			return false;
	return true;
}

/* It exists, as it is. Constants of a file come along with their functions. */
static void variable_find(struct build *b, struct unit *u, const struct entity *v)
{
	struct compare c = {.b = b, .u = u};
	const struct entity *old;
	const struct unit *from;

	if (!v->is_definition || !unit_is_new(u, v) || v->is_nameless ||
	    (v->is_const && v->is_static))
		return;
	from = loser_of(b, u, v, &old);
	if (from && (!details_same(old, v) || !is_same(from, old, u, v)))
		variable_refuse(&c, old, v);
}

enum opus_code moved_find(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < d->units; i++) {
		struct unit *u = d->unit[i];

		for (size_t k = 0; u->parsed && k < u->parse_after.entities &&
				   code == OPUS_OK; k++) {
			const struct entity *e = &u->parse_after.entity[k];

			if (e->kind == ENTITY_FUNCTION)
				code = function_find(b, u, e, err);
			else if (e->kind == ENTITY_VARIABLE || e->kind == ENTITY_LOCAL)
				variable_find(b, u, e);
		}
	}
	return code;
}
