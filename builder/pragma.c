/*
 * pragma.c - what the source tells the compiler beside the language.
 *
 * Called by:  compare.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A pragma is no token, and yet another one makes other code of the same tokens
 * (omp, unroll, optimize) or lays them out in another way (pack). One in a function
 * counts as its text. Of one outside nobody knows how far it reaches: the unit is
 * compiled before and after (knowledge.c), and the layout of its types looked at
 * whether or not their text is the same.
 */
#include "compare.h"

#include <string.h>

/* The first pragma behind token `i`: not one in front of it. */
static size_t pragma_behind(const struct text *t, size_t i)
{
	size_t low = 0, high = t->pragmas;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->pragma[middle].token <= i)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool pragma_same(const struct text *a, size_t i, const struct text *b, size_t k)
{
	const struct pragma *p = &a->pragma[i], *q = &b->pragma[k];

	return p->length == q->length &&
	       memcmp(a->bytes + p->at, b->bytes + q->at, p->length) == 0;
}

bool pragmas_same(const struct compare *c, size_t i, size_t i_end, size_t k, size_t k_end)
{
	size_t p = pragma_behind(c->old, i), q = pragma_behind(c->new, k);

	for (;; p++, q++) {
		bool more = p < c->old->pragmas && c->old->pragma[p].token < i_end;

		if (more != (q < c->new->pragmas && c->new->pragma[q].token < k_end))
			return false;
		if (!more)
			return true;
		if (c->old->pragma[p].token - i != c->new->pragma[q].token - k ||
		    !pragma_same(c->old, p, c->new, q))
			return false;
	}
}

/* Does the same token follow? */
static bool place_same(const struct compare *c, size_t p)
{
	size_t i = c->old->pragma[p].token, k = c->new->pragma[p].token;

	if (i >= c->old->tokens || k >= c->new->tokens)
		return i >= c->old->tokens && k >= c->new->tokens;
	return token_same(c->old, i, c->new, k);
}

static const char *pragma_text(const struct compare *c, const struct text *t, size_t p)
{
	return build_text(c->b, "#%.*s", (int)t->pragma[p].length,
			  t->bytes + t->pragma[p].at);
}

const char *pragma_differing(const struct compare *c)
{
	const struct text *old = c->old, *new = c->new;

	for (size_t p = 0; p < old->pragmas || p < new->pragmas; p++) {
		if (p >= new->pragmas)
			return pragma_text(c, old, p);
		if (p >= old->pragmas || !pragma_same(old, p, new, p) || !place_same(c, p))
			return pragma_text(c, new, p);
	}
	return NULL;
}
