/*
 * odr.c - inline functions of C++, of which a program has one.
 *
 * Called by:  compare.c, knowledge.c, pass_closure.c, pass_relink.c.
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
	const struct text *t = &u->after, *s = &other->after;

	return o && !o->is_static && s->tokens > 0 &&
	       tokens_same(t, text_token_at(t, e->start), text_token_at(t, e->end),
			   s, text_token_at(s, o->start), text_token_at(s, o->end));
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
