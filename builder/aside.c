/*
 * aside.c - what a unit says outside of functions and declarations.
 *
 * Called by:  compare.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * asm("...") among the declarations is code and data of nobody's, which debug
 * information does not know either. What another one means for a process can only
 * be told to whoever makes the patch.
 *
 * "using ..." of C++ says where names are looked for from there on: all that follows
 * may mean something else in the same words. So the unit is compiled before and after
 * (knowledge.c).
 */
#include "compare.h"
#include "path.h"

typedef bool is_such(const struct text *t, size_t i);

/* A walk over the tokens of a text, from one such statement to the next. */
struct walk {
	const struct text *t;
	is_such *is;
	size_t i;
	int depth;   /* of braces */
	int outside; /* of those, braces around declarations */
};

static bool is_asm(const struct text *t, size_t i)
{
	return token_is(t, i, "asm") || token_is(t, i, "__asm__") || token_is(t, i, "__asm");
}

/* Of C++: another name for a namespace, too. */
static bool is_using(const struct text *t, size_t i)
{
	return token_is(t, i, "using") ||
	       (token_is(t, i, "namespace") && token_is(t, i + 2, "="));
}

/* Is the brace one of extern "C" or of a namespace, not of a function or a type? */
static bool is_around(const struct text *t, size_t i)
{
	if (i > 1 && t->token[i - 1].kind == TOKEN_LITERAL && token_is(t, i - 2, "extern"))
		return true;
	for (size_t back = 1; back <= 6 && back <= i; back++) {
		if (token_is(t, i - back, "namespace"))
			return true;
		if (token_is(t, i - back, ";") || token_is(t, i - back, ")"))
			return false;
	}
	return false;
}

static bool starts(const struct text *t, size_t i)
{
	return i == 0 || token_is(t, i - 1, ";") || token_is(t, i - 1, "}") ||
	       token_is(t, i - 1, "{");
}

/* The next one: its first token, and the one behind its last in *end; the number
 * of tokens if there is none. */
static size_t walk_next(struct walk *w, size_t *end)
{
	const struct text *t = w->t;

	for (; w->i < t->tokens; w->i++) {
		size_t first = w->i;

		if (token_is(t, first, "{")) {
			w->outside += w->depth == w->outside && is_around(t, first);
			w->depth++;
		} else if (token_is(t, first, "}") && w->depth > 0) {
			w->outside -= w->depth == w->outside;
			w->depth--;
		} else if (w->depth == w->outside && w->is(t, first) && starts(t, first)) {
			while (w->i < t->tokens && !token_is(t, w->i, ";"))
				w->i++;
			*end = w->i;
			return first;
		}
	}
	*end = t->tokens;
	return t->tokens;
}

/* Are they followed by the same? What is put between changes its meaning, too. */
static bool is_followed_same(const struct compare *c, size_t i, size_t k)
{
	for (size_t n = 0; n < 8 && i < c->old->tokens && k < c->new->tokens; n++)
		if (!token_same(c->old, i++, c->new, k++))
			return false;
	return (i < c->old->tokens) == (k < c->new->tokens);
}

/* Has the unit the same statements as before? If not, *ret is a token of the new
 * text there. `placed`: and with the same behind them? */
static bool is_same(const struct compare *c, is_such *is, bool placed, size_t *ret)
{
	struct walk old = {.t = c->old, .is = is}, new = {.t = c->new, .is = is};

	for (;;) {
		size_t i_end, k_end, i = walk_next(&old, &i_end), k = walk_next(&new, &k_end);

		/* Behind the last token, if one has gone. */
		*ret = k - (k > 0 && k == c->new->tokens);
		if (i_end - i != k_end - k)
			return false;
		if (i == i_end)
			return true;
		if (placed && !is_followed_same(c, i_end, k_end))
			return false;
		for (; i < i_end; i++, k++)
			if (!token_same(c->old, i, c->new, k))
				return false;
	}
}

const char *using_differing(const struct compare *c)
{
	size_t at;

	return c->u->cxx && !is_same(c, is_using, true, &at) ? "meaning of names (using)"
								    : NULL;
}

void aside_compare(struct compare *c)
{
	struct note_place place;
	size_t at;

	if (is_same(c, is_asm, false, &at))
		return;
	c->b->diff->aside = true;
	place = token_place(c->b, c->u, c->new, at);
	build_tell(c->b, TOPIC_UNREAD, &place, path_base(place.file),
		   "see that the rest of the diff closes the hole without it, or replace its functions by hand",
		   "has other assembly outside of its functions: this part of the fix is not in the patch");
}
