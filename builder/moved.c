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
#include "span.h"

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

static bool is_variable(const struct entity *e)
{
	return (e->kind == ENTITY_VARIABLE || e->kind == ENTITY_LOCAL) && !e->is_const;
}

bool unit_loses(const struct unit *u)
{
	for (size_t i = 0; i < u->parse_before.entities; i++) {
		const struct entity *e = &u->parse_before.entity[i];

		if (e->is_definition && (is_function(e) || is_variable(e)) && lost_of(u, e))
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

/* A static variable of the same file that has gone from another scope: a function's
 * own has become the file's, or the other way. NULL if there is none, or several. */
static const struct entity *scope_lost(const struct unit *u, const struct entity *v)
{
	const struct parse *p = &u->parse_before;
	const struct entity *found = NULL;

	if (u->cxx || (v->kind == ENTITY_VARIABLE && !v->is_static))
		return NULL;
	for (const struct entity *o = parse_find(p, v->name, strlen(v->name)); o;
	     o = parse_next(p, o)) {
		if ((o->kind != ENTITY_LOCAL && !(o->kind == ENTITY_VARIABLE && o->is_static)) ||
		    !details_same(o, v) || o->size != v->size || lost_of(u, o) != o)
			continue;
		if (found)
			return NULL;
		found = o;
	}
	return found;
}

const struct unit *moved_from(const struct build *b, const struct unit *u,
			      const struct entity *v, const struct entity **ret)
{
	*ret = NULL;
	if (!is_variable(v) || !u->parsed || v->is_nameless || !unit_is_new(u, v))
		return NULL;
	*ret = u->fresh ? NULL : scope_lost(u, v);
	return *ret ? u : loser_of(b, u, v, ret);
}

static bool is_weak(const struct text *t, const struct entity *e)
{
	size_t end = text_token_at(t, function_head_end(t, e));

	for (size_t i = text_token_at(t, e->start); i < end; i++)
		if (token_is(t, i, "weak") || token_is(t, i, "__weak__"))
			return true;
	return false;
}

/* Has the target a function of that name? */
static bool has_function(const struct build *b, const struct unit *u, const struct entity *e)
{
	const struct object *o = b->target[u->target];

	for (size_t i = 0; i < o->defined; i++)
		if (o->symbol[i].code && strcmp(o->symbol[i].name, e->linkage) == 0 &&
		    (e->is_static || o->symbol[i].bind != STB_LOCAL))
			return true;
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
	/* Weak, or in a library's archive: the linker would take this one instead. */
	return loser_of(b, u, e, &old) ||
			       (has_function(b, u, e) && !is_weak(&u->after, e))
		       ? change_add(b, u, e, CHANGE_TEXT, NULL, err)
		       : OPUS_OK;
}

/* Are declarator and first value spelled the same? */
static bool is_same(const struct unit *from, const struct entity *old,
		    const struct unit *u, const struct entity *new)
{
	const struct text *s = &from->before, *t = &u->after;

	return tokens_same(s, text_token_at(s, old->name_at), text_token_at(s, old->end),
			   t, text_token_at(t, new->name_at), text_token_at(t, new->end));
}

/* Has a unit of the target a new one of that name? */
static bool is_taken(const struct build *b, const struct unit *u, const struct entity *old)
{
	const struct diff *d = b->diff;

	for (size_t i = 0; i < d->units; i++) {
		const struct unit *to = d->unit[i];
		const struct entity *o = to->parsed && to->target == u->target
						 ? parse_find(&to->parse_after, old->name,
							      strlen(old->name))
						 : NULL;

		for (; o; o = parse_next(&to->parse_after, o))
			if ((o->kind == ENTITY_VARIABLE || o->kind == ENTITY_LOCAL) &&
			    o->is_definition && unit_is_new(to, o))
				return true;
	}
	return false;
}

/* A variable that has gone from the file, of the type of one that is new there, and was
 * stored to: it may have another name now. */
static const struct entity *renamed_from(const struct build *b, const struct unit *u,
					 const struct entity *v)
{
	const struct parse *p = &u->parse_before;

	for (size_t i = 0; !u->fresh && i < p->entities; i++) {
		const struct entity *o = &p->entity[i];

		if (o->kind == v->kind && !o->is_const && details_same(o, v) &&
		    (v->kind != ENTITY_LOCAL || strcmp(o->owner, v->owner) == 0) &&
		    o->size == v->size && lost_of(u, o) == o && fate_is_stored(u, o) &&
		    !is_taken(b, u, o))
			return o;
	}
	return NULL;
}

static void renamed_tell(struct build *b, const struct unit *u, const struct entity *v)
{
	struct note_place place = entity_place(b, u, &u->after, v);
	const struct entity *old = renamed_from(b, u, v);

	if (old)
		build_tell(b, TOPIC_LOST, &place, v->name,
			   "leave it its old name, or see that its first value is a good one to go on with",
			   "is new, and %s of the same type has gone: what the old code stored there is not in it",
			   old->name);
}

/* A variable that the target has, elsewhere: it exists, as it is. Constants of a file
 * come along with their functions. */
static void variable_find(struct build *b, struct unit *u, const struct entity *v)
{
	struct compare c = {.b = b, .u = u};
	const struct entity *old;
	const struct unit *from;

	if (!v->is_definition || !unit_is_new(u, v) || v->is_nameless ||
	    (v->is_const && v->is_static))
		return;
	from = v->is_const ? loser_of(b, u, v, &old) : moved_from(b, u, v, &old);
	if (from && (!details_same(old, v) || !is_same(from, old, u, v)))
		variable_refuse(&c, old, v);
	else if (!from && !v->is_const)
		renamed_tell(b, u, v);
}

/* Is the name used for the address of the function, and not to call it? */
static bool is_handed_on(const struct text *t, const struct entity *f)
{
	for (size_t i = 1; i < t->tokens; i++)
		if (t->token[i].kind == TOKEN_WORD && token_is(t, i, f->name) &&
		    !token_is(t, i + 1, "(") && !is_member(t, i))
			return true;
	return false;
}

/* Has another unit a function of that name now? */
static bool is_elsewhere(const struct diff *d, const struct unit *u, const struct entity *f)
{
	for (size_t i = 0; i < d->units; i++) {
		const struct unit *to = d->unit[i];
		const struct entity *e = to != u && to->parsed && to->target == u->target
						 ? parse_function(&to->parse_after, f->linkage)
						 : NULL;

		if (e && unit_is_new(to, e))
			return true;
	}
	return false;
}

/* A function that has gone under its name: who was given its address calls it still. */
static void gone_tell(struct build *b, const struct unit *u, const struct entity *f)
{
	struct note_place place = entity_place(b, u, &u->before, f);

	if (f->kind != ENTITY_FUNCTION || !f->body_at || f->is_member || f->is_template ||
	    lost_of(u, f) != f || !is_handed_on(&u->before, f) || !has_function(b, u, f) ||
	    is_elsewhere(b->diff, u, f))
		return;
	build_tell(b, TOPIC_GONE, &place, f->name,
		   "if it is called through pointers, leave it its name, so that it is replaced",
		   "has gone, and the old code handed on its address: who has that calls the old one still");
}

enum opus_code moved_find(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < d->units; i++) {
		struct unit *u = d->unit[i];

		for (size_t k = 0; u->parsed && !u->same && !u->fresh &&
				   k < u->parse_before.entities; k++)
			gone_tell(b, u, &u->parse_before.entity[k]);
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
