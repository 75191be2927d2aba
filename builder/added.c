/*
 * added.c - what a diff adds that nothing in the unit calls.
 *
 * Called by:  compare.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A constructor, and an entry of a section that the linker puts together, are found
 * when the program starts. In a process that runs they come too late, and are not
 * in the patch.
 */
#include <ctype.h>
#include <string.h>

#include "compare.h"
#include "edit.h"

/* The token behind such a name in an attribute within [i, last), or 0. */
static size_t attribute_find(const struct text *t, size_t i, size_t last, const char *name,
			     const char *same)
{
	for (size_t inside = i; i < last; i++) {
		if (token_is_attribute(t, i))
			inside = token_closing(t, i + 1);
		if (i < inside && (token_is(t, i, name) || token_is(t, i, same)))
			return i + 1;
	}
	return 0;
}

/* The name in ("NAME"), if the linker makes __start_NAME of it; or 0. */
static int set_length(const struct text *t, size_t i, const char **name)
{
	const struct token *k = &t->token[i + 1];
	const char *at = t->bytes + k->at + 1;
	int n = 0;

	if (!token_is(t, i, "(") || i + 2 >= t->tokens || !token_is(t, i + 2, ")") ||
	    at[-1] != '"' || isdigit((unsigned char)*at))
		return 0;
	while (isalnum((unsigned char)at[n]) || at[n] == '_')
		n++;
	*name = at;
	return at[n] == '"' ? n : 0;
}

void added_tell(struct compare *c, const struct entity *new)
{
	const struct text *t = &c->u->after;
	size_t first = text_token_at(t, new->start), last = text_token_at(t, new->end), at;
	struct note_place place = entity_place(c->b, c->u, t, new);
	const char *set;
	int length;

	if (new->kind == ENTITY_FUNCTION) {
		at = attribute_find(t, first, function_head_end(t, new), "constructor",
				    "__constructor__");
		if (at)
			build_tell(c->b, TOPIC_START, &place, new->name,
				   "do what it does in a post_apply hook (OPUS_HOOK)",
				   "is new, and runs when the program starts: in a process that runs it does not");
	}
	if (new->kind != ENTITY_VARIABLE || !new->is_definition)
		return;
	at = attribute_find(t, first, last, "section", "__section__");
	length = at ? set_length(t, at, &set) : 0;
	if (length)
		build_tell(c->b, TOPIC_START, &place, new->name,
			   "do in a post_apply hook (OPUS_HOOK) what is done for each of them",
			   "is new in the section %.*s: who goes through that sees what the program was started with",
			   length, set);
}
