/*
 * odr.c - inline functions of C++, of which a program has one.
 *
 * Called by:  compare.c, knowledge.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * By the one-definition rule ([basic.def.odr]) an inline function has the same
 * tokens in each unit; each that calls it may emit it, in a section group of its
 * name, and the linker keeps one of them (Itanium C++ ABI 5.2.6). A header changes
 * it for hundreds of units, and with it what holds copies of it there: the patch makes
 * these of the first of them. The others are in the patch for what is theirs alone.
 */
#include <string.h>

#include "compare.h"

/* Has the other unit the same tokens for it? */
static bool is_alike(const struct unit *u, const struct entity *e, const struct unit *other)
{
	const struct entity *o = parse_function(&other->parse_after, e->linkage);
	const struct text *t = &u->after, *t_other = &other->after;
	size_t i, i_end, k, k_end;

	if (!o || o->is_static || !other->after.tokens)
		return false;
	i = text_token_at(t, e->start);
	i_end = text_token_at(t, e->end);
	k = text_token_at(t_other, o->start);
	k_end = text_token_at(t_other, o->end);
	if (i_end - i != k_end - k)
		return false;
	while (i < i_end && token_same(t, i, t_other, k)) {
		i++;
		k++;
	}
	return i == i_end;
}

bool odr_is_made(const struct diff *d, const struct unit *u, const struct entity *e)
{
	if (!u->cxx || u->fresh || e->is_static || e->is_template || !e->body_at ||
	    !(e->is_inline || e->in_class))
		return false;
	for (size_t i = 0; i < d->changes; i++) {
		const struct change *c = &d->change[i];

		if (c->unit != u && c->unit->target == u->target && !c->fresh &&
		    strcmp(c->linkage, e->linkage) == 0 && is_alike(u, e, c->unit))
			return true;
	}
	return false;
}
