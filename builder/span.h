/*
 * span.h - the tokens of a function.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe.
 */
#ifndef OPUS_SPAN_H
#define OPUS_SPAN_H

#include "parse.h"

/* A function's tokens, [first, last) of a text. */
struct span {
	const struct text *t;
	size_t first, last;
};

static inline struct span span_of(const struct text *t, const struct entity *e)
{
	return (struct span){t, text_token_at(t, e->body_at ? e->body_at : e->start),
			     text_token_at(t, e->end)};
}

static inline bool is_mark(const struct text *t, size_t i, char c)
{
	return i < t->tokens && t->token[i].kind == TOKEN_MARK &&
	       t->bytes[t->token[i].at] == c;
}

static inline bool is_member(const struct text *t, size_t i)
{
	return i > 0 && (is_mark(t, i - 1, '.') ||
			 (i > 1 && is_mark(t, i - 1, '>') && is_mark(t, i - 2, '-')));
}

/* Is one of the words, the last of which is NULL, among the tokens [from, to)? */
static inline bool has_word(const struct text *t, size_t from, size_t to,
		     const char *const *words)
{
	for (; from < to; from++)
		for (size_t i = 0; words[i]; i++)
			if (token_is(t, from, words[i]))
				return true;
	return false;
}

#endif
