/*
 * inserted.c - units that get nothing but new declarations from the diff.
 *
 * Called by:  compare.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A fix that puts a prototype or an inline function into a header reaches every
 * unit that includes it, and most of them have no use for it. Where a unit differs
 * in declarations of names alone that it had nowhere before, or in static functions
 * of such names, none of its functions can mean anything else, and it need not be
 * parsed.
 */
#include "compare.h"

/* Does the text have the word anywhere? */
static bool has_word(const struct text *t, const struct text *from, size_t word)
{
	for (size_t i = 0; i < t->tokens; i++)
		if (token_same(t, i, from, word))
			return true;
	return false;
}

/* The last token of the declaration that starts at token i: of a function without a
 * body or a static one with, or with "extern" or "typedef" of one name. 0 if it is
 * another. *name: what it declares. */
static size_t declaration_end(const struct text *t, size_t i, size_t *name)
{
	bool defines = !token_is(t, i, "extern") && !token_is(t, i, "typedef");
	bool is_static = token_is(t, i, "static");

	*name = 0;
	for (size_t first = i; i < t->tokens; i++) {
		if (!*name && (token_is(t, i, "(") || (token_is(t, i, ";") && !defines)))
			*name = i - (i > first);
		if (token_is(t, i, ";"))
			return *name && t->token[*name].kind == TOKEN_WORD ? i : 0;
		if (token_is(t, i, "("))
			i = token_closing(t, i);
		else if (token_is(t, i, "{") && is_static && *name &&
			 token_is(t, i - 1, ")") && !token_is(t, *name, "__attribute__"))
			return token_closing(t, i); /* one with attributes may run by itself */
		else if (token_is(t, i, "{") || token_is(t, i, "=") ||
			 token_is(t, i, ",") || token_is(t, i, "["))
			return 0;
	}
	return 0;
}

/* Is token i the first of a declaration? */
static bool starts(const struct text *t, size_t i)
{
	return i == 0 || token_is(t, i - 1, ";") || token_is(t, i - 1, "}");
}

static int depth_of(const struct text *t, size_t i)
{
	return token_is(t, i, "{") ? 1 : token_is(t, i, "}") ? -1 : 0;
}

bool inserted_only(const struct compare *c)
{
	const struct text *old = c->old, *new = c->new;
	size_t i = 0, k = 0;
	int depth = 0; /* of braces, before i and k */

	while (i < old->tokens || k < new->tokens) {
		size_t end, name;

		if (i < old->tokens && k < new->tokens && token_same(old, i, new, k)) {
			depth += depth_of(new, k++);
			i++;
			continue;
		}
		if (c->u->cxx) /* an overload might fit better */
			return false;
		/* "int new(void); int old(void);" differs behind the first word. */
		while (depth == 0 && k > 0 && i > 0 && !starts(new, k)) {
			i--;
			k--;
		}
		end = depth == 0 && k < new->tokens ? declaration_end(new, k, &name) : 0;
		if (!end || has_word(old, new, name))
			return false;
		k = end + 1;
	}
	return true;
}
