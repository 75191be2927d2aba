/*
 * doubt.c - declarations that may give the same words another meaning.
 *
 * Called by:  compare.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A function may be called and laid out as before and yet be another to its callers:
 * an attribute, an overload, a default argument. What that comes to only the compiler
 * knows, so `doubt` gets the name, and the unit is compiled before and after
 * (knowledge.c).
 */
#include <string.h>

#include "compare.h"

uint32_t attributed_end(const struct text *t, const struct entity *e)
{
	size_t i = text_token_at(t, e->end);

	while (token_is_attribute(t, i))
		i = token_closing(t, i + 1) + 1;
	return i < t->tokens ? t->token[i].at : (uint32_t)t->size;
}

bool declaration_same(const struct compare *c, const struct entity *old,
		      const struct entity *new)
{
	return range_same(c, old->start, attributed_end(&c->u->before, old), new->start,
			  attributed_end(&c->u->after, new));
}

/* Is one of the old declarations of the name spelled like this one? */
static bool is_declared_same(const struct compare *c, const struct entity *new)
{
	const struct parse *p = &c->u->parse_before;

	for (struct entity *o = parse_find(p, new->name, strlen(new->name)); o;
	     o = parse_next(p, o))
		if (o->kind == new->kind && declaration_same(c, o, new))
			return true;
	return false;
}

/* Is token i the name of a field, for all that stands around it? */
static bool is_field_name(const struct text *t, size_t i)
{
	static const char *const behind[] = {";", ",", "[", ":"};

	for (size_t k = 0; k < sizeof(behind) / sizeof(behind[0]); k++)
		if (t->token[i].kind == TOKEN_WORD && token_is(t, i + 1, behind[k]))
			return true;
	return false;
}

/* Has the text the word of token i anywhere outside of [first, last)? */
static bool is_elsewhere(const struct text *t, const struct text *of, size_t i, size_t first,
			 size_t last)
{
	for (size_t k = 0; k < t->tokens; k++)
		if ((k < first || k >= last) && token_same(t, k, of, i))
			return true;
	return false;
}

/* Do two declarations of a structure in C differ in names of fields alone, which nothing
 * else in the unit uses, neither the old ones nor the new? Of the hundreds of units that
 * a header is for, few do. */
static bool is_unused(const struct compare *c, const struct entity *old,
		      const struct entity *new)
{
	const struct text *s = &c->u->before, *t = &c->u->after;
	size_t i_first = text_token_at(s, old->start), k_first = text_token_at(t, new->start);
	size_t i_end = text_token_at(s, attributed_end(s, old));
	size_t k_end = text_token_at(t, attributed_end(t, new));

	if (c->u->cxx || new->kind == ENTITY_FUNCTION || i_end - i_first != k_end - k_first)
		return false;
	for (size_t i = i_first, k = k_first; i < i_end; i++, k++)
		if (!token_same(s, i, t, k) &&
		    (!is_field_name(s, i) || !is_field_name(t, k) ||
		     is_elsewhere(s, s, i, i_first, i_end) ||
		     is_elsewhere(t, s, i, k_first, k_end) ||
		     is_elsewhere(s, t, k, i_first, i_end) ||
		     is_elsewhere(t, t, k, k_first, k_end)))
			return false;
	return true;
}

static bool is_mark_of_value(const struct text *t, size_t i)
{
	static const char *const marks[] = {",", "=", "(", ")", "<", "|"};

	for (size_t k = 0; k < sizeof(marks) / sizeof(marks[0]); k++)
		if (token_is(t, i, marks[k]))
			return true;
	return t->token[i].kind == TOKEN_NUMBER;
}

/* Has an enumeration got nothing but enumerators that nothing else in the unit names?
 * The values of the others are compared by themselves; a negative one might make it
 * another type. */
static bool is_enlarged(const struct compare *c, const struct entity *old,
			const struct entity *new)
{
	const struct text *s = &c->u->before, *t = &c->u->after;
	size_t i = text_token_at(s, old->start), k = text_token_at(t, new->start);
	size_t first = k, i_end = text_token_at(s, old->end), k_end = text_token_at(t, new->end);
	size_t last = k_end;
	bool is_enum = false;

	for (; i < i_end && k < k_end && token_same(s, i, t, k); i++, k++)
		is_enum |= token_is(t, k, "enum");
	for (; i_end > i && last > k && token_same(s, i_end - 1, t, last - 1); i_end--)
		last--;
	for (; k < last; k++)
		if (!is_mark_of_value(t, k) &&
		    (t->token[k].kind != TOKEN_WORD ||
		     is_elsewhere(t, t, k, first, k_end) ||
		     is_elsewhere(s, t, k, 0, 0)))
			return false;
	return is_enum && i == i_end;
}

/* Is it so held against one of the old declarations? */
static bool is_idle(const struct compare *c, const struct entity *new)
{
	const struct parse *p = &c->u->parse_before;

	for (struct entity *o = parse_find(p, new->name, strlen(new->name)); o;
	     o = parse_next(p, o))
		if (o->kind == new->kind && (is_unused(c, o, new) || is_enlarged(c, o, new)))
			return true;
	return false;
}

/* A declaration of something that is passed and laid out as before, in other
 * words: signed or not, pure or not. Whoever makes use of that has other code. */
void declaration_doubt(struct compare *c, const struct entity *new)
{
	const struct text *t = &c->u->after;

	if (c->doubt || is_declared_same(c, new) || is_idle(c, new))
		return;
	if (new->kind != ENTITY_FUNCTION ||
	    text_calls(t, new->end, (uint32_t)t->size, new->name))
		c->doubt = new->name;
}

/* Does a declaration say more than what a type does? */
static bool is_attributed(const struct text *t, const struct entity *e)
{
	size_t end = text_token_at(t, attributed_end(t, e));

	for (size_t i = text_token_at(t, e->start); i < end; i++)
		if (token_is_attribute(t, i) || token_is(t, i, "_Noreturn"))
			return true;
	return false;
}

/* One of several declarations has gone, with what it alone said of a thing that is
 * still there. */
void gone_doubt(struct compare *c, const struct entity *e)
{
	const struct parse *p = &c->u->parse_after;

	if (c->doubt || e->is_definition ||
	    (!c->u->cxx && !is_attributed(&c->u->before, e)) || !counterpart(p, e))
		return;
	for (struct entity *o = parse_find(p, e->name, strlen(e->name)); o;
	     o = parse_next(p, o))
		if (o->kind == e->kind && declaration_same(c, e, o))
			return;
	c->doubt = e->name;
}

/* One more function of C++, or one less: calls of others of that name, and what an
 * operator stands for, may mean another one now, in the same words. */
void overload_doubt(struct compare *c, const struct entity *e, const struct parse *other)
{
	const struct entity *o = parse_find(other, e->name, strlen(e->name));

	while (o && o->kind != ENTITY_FUNCTION)
		o = parse_next(other, o);
	if (c->u->cxx && (o || strncmp(e->name, "operator", 8) == 0))
		c->doubt = e->name;
}
