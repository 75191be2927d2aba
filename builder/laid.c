/*
 * laid.c - is a type laid out so that the objects that exist fit?
 *
 * Called by:  compare.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <string.h>

#include "compare.h"
#include "layout.h"

static enum layout_change fields_compare(const struct entity *old, const struct entity *new)
{
	const char *name;
	int length;

	return layout_compare(old->fields, new->fields, &name, &length);
}

/* Is each byte what it was, though perhaps in a structure of its own? */
static bool places_same(const struct entity *old, const struct entity *new)
{
	const char *o = old->places ? old->places : old->detail;
	const char *n = new->places ? new->places : new->detail;

	return (details_same(old, new) || (o && n && strcmp(o, n) == 0)) &&
	       fields_compare(old, new) == LAYOUT_SAME;
}

bool laid_same(const struct entity *old, const struct entity *new)
{
	return places_same(old, new) && new->align <= old->align;
}

bool laid_calls(const struct entity *old, const struct entity *new)
{
	return fields_compare(old, new) == LAYOUT_KIND;
}

/* Where a declaration asks for an alignment: the tokens [*ret, end); equal if it
 * does not. */
static size_t alignment_find(const struct text *t, const struct entity *e, size_t *ret)
{
	static const char *const words[] = {"aligned", "__aligned__", "_Alignas", "alignas"};
	size_t last = text_token_at(t, e->end);

	/* Attributes may stand behind what libclang calls its end. */
	while (last < t->tokens && !token_is(t, last, ";") && !token_is(t, last, ",") &&
	       !token_is(t, last, "="))
		last = token_is(t, last, "(") ? token_closing(t, last) + 1 : last + 1;
	for (size_t i = text_token_at(t, e->start); i < last; i++)
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (t->token[i].kind == TOKEN_WORD && token_is(t, i, words[k])) {
				*ret = i;
				return token_is(t, i + 1, "(") ? token_closing(t, i + 1) : i + 1;
			}
	*ret = last;
	return last;
}

bool laid_stands(const struct compare *c, const struct entity *old,
		 const struct entity *new)
{
	const struct text *t = &c->u->after, *o = &c->u->before;
	size_t at, was, end = alignment_find(t, new, &at), old_end = alignment_find(o, old, &was);

	/* Less than before, or none, does no harm. */
	return at == end || tokens_same(t, at, end, o, was, old_end);
}

/* What goes by a field, or a row of the table of virtual functions. True if there
 * was something to refuse. */
static bool calls_refuse(struct compare *c, const struct entity *old,
			 const struct entity *new, const struct note_place *place)
{
	const char *field = "";
	int length = 0;
	enum layout_change change = layout_compare(old->fields, new->fields, &field,
						   &length);

	if (change == LAYOUT_TABLE)
		build_tell(c->b, TOPIC_LAYOUT, place, new->name,
			   "leave its virtual functions as they are, in their order, and call what is new in another way",
			   "has other virtual functions, or has them in another order, from %.*s on: all objects have the target's table of them",
			   length, field);
	else if (change == LAYOUT_KIND)
		build_tell(c->b, TOPIC_LAYOUT, place, new->name,
			   "leave that field as it is, and do what is new in the functions that call by it",
			   "calls other functions by its field %.*s, with other arguments or another result: objects that exist have the address of an old one",
			   length, field);
	return change == LAYOUT_TABLE || change == LAYOUT_KIND;
}

static void places_refuse(struct compare *c, const struct entity *old,
			  const struct entity *new, const struct note_place *place)
{
	if (old->size != new->size)
		build_tell(c->b, TOPIC_LAYOUT, place, new->name,
			     "keep the structure as it is, and what is new beside it, in a table of the patch with the object's address as key",
			     "had %lld bytes, and would have %lld: objects that exist, and code that is not replaced, have the old layout",
			     (long long)old->size, (long long)new->size);
	else if (!new->fields)
		build_tell(c->b, TOPIC_LAYOUT, place, new->name,
			   "keep it as it is, and give the new type a name of its own",
			   "stands for another type of the same size: objects that exist, and code that is not replaced, have the old one");
	else
		build_tell(c->b, TOPIC_LAYOUT, place, new->name,
			     "keep fields where they are",
			     "has its fields at other places: objects that exist, and code that is not replaced, have the old layout");
}

void laid_refuse(struct compare *c, const struct entity *old, const struct entity *new)
{
	struct note_place place = entity_place(c->b, c->u, &c->u->after, new);
	const char *o = old->detail ? old->detail : "";
	const char *n = new->detail ? new->detail : "";
	/* Nothing moved, something was put into a gap or behind the last field where
	 * there was room. */
	bool grown = old->size == new->size && strncmp(n, o, strlen(o)) == 0 &&
		     fields_compare(old, new) == LAYOUT_SAME;
	bool aligned = places_same(old, new);

	c->laid |= aligned || !grown;
	if (calls_refuse(c, old, new, &place))
		return;
	if (aligned)
		build_tell(c->b, TOPIC_LAYOUT, &place, new->name,
			   "copy between objects that exist and aligned ones of the patch, where the alignment is needed",
			   "was aligned to %lld bytes, and would be to %lld: objects that exist, and those of code that is not replaced, stand anywhere",
			   (long long)old->align, (long long)new->align);
	else if (grown)
		build_tell(c->b, TOPIC_NEW_FIELD, &place, new->name,
			   "see that the value that objects already have there, often 0, is a good one",
			   "has a new field; objects that exist were made without a value for it");
	else
		places_refuse(c, old, new, &place);
}

bool laid_has_name(const struct parse *p, const struct entity *e)
{
	const struct entity *last = p->entity + p->entities;

	for (const struct entity *o = p->entity; e->kind == ENTITY_TYPEDEF && o < last; o++)
		if (o->kind == ENTITY_RECORD && *o->name && o->start >= e->start &&
		    o->end <= e->end && o->size == e->size && o->is_definition)
			return true;
	return false;
}

void laid_renamed(struct compare *c, const struct entity *old, const struct entity *new)
{
	struct note_place place;
	const char *name[2];
	int length[2];

	/* That a header has thousands of types shows in the order of these. */
	if (!layout_renamed(old->fields, new->fields, name, length) ||
	    laid_has_name(&c->u->parse_after, new))
		return;
	place = entity_place(c->b, c->u, &c->u->after, new);
	build_tell(c->b, TOPIC_RENAMED_FIELD, &place, new->name,
		   "if the name stands for another meaning, see that what objects have there is a good value, or keep the new one in a table of the patch",
		   "has %.*s where it had %.*s: objects that exist have there what the old code stored",
		   length[1], name[1], length[0], name[0]);
}
