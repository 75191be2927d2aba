/*
 * numbered.c - declarations whose names a macro makes of line numbers.
 *
 * Called by:  compare.c, constant.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Lists of what a program does at its start are often made so. A fix that moves
 * lines renames them all, and gives one the name of another. In the plain text,
 * where every line is 0, they have one name; what tells them apart is their
 * content.
 */
#include <string.h>

#include "compare.h"

static bool is_numbered_in(const struct text *t, const struct text *plain,
			   const struct entity *e)
{
	size_t i = text_token_at(t, e->name_at);

	return plain != t && !token_same(t, i, plain, i);
}

bool is_numbered(const struct compare *c, const struct entity *e)
{
	return is_numbered_in(&c->u->after, c->new, e);
}

/* Have an old and a new one the same kind and, but for the number, name? */
static bool is_alike(const struct compare *c, const struct entity *old,
		     const struct entity *new)
{
	return old->kind == new->kind && is_numbered_in(&c->u->before, c->old, old) &&
	       is_numbered(c, new) &&
	       token_same(c->old, text_token_at(&c->u->before, old->name_at), c->new,
			  text_token_at(&c->u->after, new->name_at));
}

static bool is_same(const struct compare *c, const struct entity *old,
		    const struct entity *new)
{
	return is_alike(c, old, new) &&
	       range_same(c, old->start, old->end, new->start, new->end);
}

/* One of the name has gone, so this one is the old one, changed. */
static void changed_tell(struct compare *c, const struct entity *e)
{
	const struct parse *before = &c->u->parse_before, *after = &c->u->parse_after;
	struct note_place place = entity_place(c->b, c->u, &c->u->after, e);
	bool gone = false;

	for (size_t i = 0; i < before->entities && !gone; i++) {
		if (!is_alike(c, &before->entity[i], e))
			continue;
		gone = true;
		for (size_t k = 0; k < after->entities && gone; k++)
			gone = !is_same(c, &before->entity[i], &after->entity[k]);
	}
	if (gone)
		build_tell(c->b, TOPIC_UNCOMPARED, &place, e->name,
			   "see that the rest of the diff closes the hole without it",
			   "changes, and its name is made of a line number, by which it is not found in the target: the old one stays as it is");
}

struct entity *counterpart_old(struct compare *c, const struct entity *e)
{
	const struct parse *p = &c->u->parse_before;

	if (!is_numbered(c, e))
		return counterpart(p, e);
	for (size_t i = 0; i < p->entities; i++)
		if (is_same(c, &p->entity[i], e))
			return &p->entity[i];
	if (e->is_definition && e->kind <= ENTITY_VARIABLE)
		changed_tell(c, e);
	return NULL;
}
