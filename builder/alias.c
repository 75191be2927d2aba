/*
 * alias.c - other names of functions, as the source gives them.
 *
 * Called by:  compare.c, pass_emit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <string.h>

#include "compare.h"

/* The literal in alias("NAME") of a declaration, as a token; 0: it has none. */
static size_t alias_in(const struct text *t, const struct entity *e)
{
	size_t end = text_token_at(t, attributed_end(t, e));

	for (size_t i = text_token_at(t, e->start); i + 2 < end; i++)
		if ((token_is(t, i, "alias") || token_is(t, i, "__alias__")) &&
		    token_is(t, i + 1, "(") && t->token[i + 2].kind == TOKEN_LITERAL)
			return i + 2;
	return 0;
}

void alias_tell(struct compare *c, const struct entity *new)
{
	const struct parse *p = &c->u->parse_before;
	const struct text *t = &c->u->after;
	size_t k = alias_in(t, new), i = 0;
	struct note_place place;

	for (struct entity *o = parse_find(p, new->name, strlen(new->name)); k && o && !i;
	     o = parse_next(p, o))
		i = o->kind == new->kind ? alias_in(&c->u->before, o) : 0;
	if (!i || token_same(&c->u->before, i, t, k))
		return;
	place = entity_place(c->b, c->u, t, new);
	build_tell(c->b, TOPIC_ALIAS, &place, new->name,
		   "replace the functions that call it, by hand",
		   "is another name of %.*s, and would be one of %.*s: one address cannot lead to both",
		   (int)c->u->before.token[i].length,
		   c->u->before.bytes + c->u->before.token[i].at,
		   (int)t->token[k].length, t->bytes + t->token[k].at);
}

const struct entity *alias_of(const struct unit *u, const struct entity *f)
{
	const struct parse *p = &u->parse_after;
	const struct text *t = &u->after;
	size_t k = 0;

	for (const struct entity *o = parse_find(p, f->name, strlen(f->name)); o && !k;
	     o = parse_next(p, o))
		if (o->kind == ENTITY_FUNCTION && strcmp(o->linkage, f->linkage) == 0)
			k = alias_in(t, o);
	for (size_t i = 0; k && i < p->entities; i++) {
		const struct entity *e = &p->entity[i];
		const char *name = e->label ? e->label : e->linkage;

		if (e->kind == ENTITY_FUNCTION && e->body_at &&
		    strlen(name) + 2 == t->token[k].length &&
		    memcmp(t->bytes + t->token[k].at + 1, name, strlen(name)) == 0)
			return e;
	}
	return NULL;
}
