/*
 * meaning.c - changes that are right in a new process and may not be in one
 *             that runs.
 *
 * Called by:  pass_closure.c, fate.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * OPUS (section 4 of the paper) warned of two: new writes to data that outlives
 * the function, and results that it did not have before. Both are told from the
 * tokens of the function before and after; so are calls that have to come in
 * pairs, with the other half in code that ran before the patch.
 */
#include "meaning.h"

#include <stdlib.h>
#include <string.h>

/* A function's tokens, [first, last) of a text. */
struct span {
	const struct text *t;
	size_t first, last;
};

static struct span span_of(const struct text *t, const struct entity *e)
{
	return (struct span){t, text_token_at(t, e->body_at ? e->body_at : e->start),
			     text_token_at(t, e->end)};
}

static bool is_mark(const struct text *t, size_t i, char c)
{
	return i < t->tokens && t->token[i].kind == TOKEN_MARK &&
	       t->bytes[t->token[i].at] == c;
}

static bool is_member(const struct text *t, size_t i)
{
	return i > 0 && (is_mark(t, i - 1, '.') ||
			 (i > 1 && is_mark(t, i - 1, '>') && is_mark(t, i - 2, '-')));
}

/* Is what starts at token `i` stored to: x = 1, x += 1, x++, x[i].y = 1, ++x? */
static bool is_stored(const struct text *t, size_t i)
{
	size_t k = i + 1;

	if (i > 1 && (is_mark(t, i - 1, '+') || is_mark(t, i - 1, '-')) &&
	    is_mark(t, i - 2, t->bytes[t->token[i - 1].at]) && token_touches(t, i - 1))
		return true;
	for (;;) {
		if (is_mark(t, k, '['))
			k = token_closing(t, k) + 1;
		else if (is_mark(t, k, '.'))
			k += 2;
		else if (is_mark(t, k, '-') && is_mark(t, k + 1, '>'))
			k += 3;
		else
			break;
	}
	if (is_mark(t, k, '='))
		return !(is_mark(t, k + 1, '=') && token_touches(t, k + 1));
	if (k + 1 >= t->tokens || t->token[k].kind != TOKEN_MARK)
		return false;
	if (strchr("+-", t->bytes[t->token[k].at]) &&
	    is_mark(t, k + 1, t->bytes[t->token[k].at]) && token_touches(t, k + 1))
		return true;
	return strchr("+-*/%&|^", t->bytes[t->token[k].at]) &&
	       is_mark(t, k + 1, '=') && token_touches(t, k + 1);
}

static bool span_stores(const struct span *s, const char *name)
{
	for (size_t i = s->first; i < s->last; i++)
		if (token_is(s->t, i, name) && !is_member(s->t, i) && is_stored(s->t, i))
			return true;
	return false;
}

bool meaning_names(const struct text *t, const struct entity *f, const char *name)
{
	struct span s = span_of(t, f);

	for (size_t i = s.first; i < s.last; i++)
		if (token_is(t, i, name) && !is_member(t, i))
			return true;
	return false;
}

/* The name of an array alone is its address, but for sizeof. */
static bool is_decayed(const struct text *t, size_t i, const struct entity *v)
{
	return v->length >= 0 && !is_mark(t, i + 1, '[') &&
	       !(i > 1 && token_is(t, i - 2, "sizeof"));
}

bool meaning_stores(const struct text *t, const struct entity *f,
		    const struct entity *v)
{
	struct span s = span_of(t, f);

	for (size_t i = s.first; i < s.last; i++)
		if (token_is(t, i, v->name) && !is_member(t, i) &&
		    t->token[i].at != v->name_at &&
		    ((i > 0 && is_mark(t, i - 1, '&')) || is_stored(t, i) ||
		     is_decayed(t, i, v)))
			return true;
	return false;
}

/* Variables that outlive the function and are old. */
static void stores_compare(struct build *b, const struct change *c,
			   const struct span *old, const struct span *new)
{
	const struct parse *p = &c->unit->parse_after;
	const struct text *t = new->t;

	for (size_t i = new->first; i < new->last; i++) {
		const struct token *k = &t->token[i];
		const struct entity *e;
		const char *name;

		if (k->kind != TOKEN_WORD || is_member(t, i) || !is_stored(t, i))
			continue;
		e = parse_find(p, t->bytes + k->at, k->length);
		while (e && e->kind != ENTITY_VARIABLE)
			e = parse_next(p, e);
		if (!e || unit_is_new(c->unit, e))
			continue;
		name = e->name;
		if (!span_stores(old, name))
			build_tell(b, TOPIC_NEW_WRITE, &c->place, c->name,
				   "see that all who read it can cope, and that its value is good if the patch is reverted",
				   "now changes %s, which it did not before", name);
	}
}

/* "return X;" as text; the end in *next. */
static const char *return_text(struct build *b, const struct text *t, size_t i,
			       size_t *next)
{
	const char *text = "";

	for (i++; i < t->tokens && !is_mark(t, i, ';'); i++)
		text = build_text(b, "%s%s%.*s", text,
				  *text && !token_touches(t, i) ? " " : "",
				  (int)t->token[i].length, t->bytes + t->token[i].at);
	*next = i;
	return text;
}

static bool span_returns(struct build *b, const struct span *s, const char *text)
{
	size_t next;

	for (size_t i = s->first; i < s->last; i++)
		if (token_is(s->t, i, "return") &&
		    strcmp(return_text(b, s->t, i, &next), text) == 0)
			return true;
	return false;
}

/* Results that are spelled as one constant: -1, NULL, EINVAL, (-2). */
static void results_compare(struct build *b, const struct change *c,
			    const struct span *old, const struct span *new)
{
	for (size_t i = new->first, next; i < new->last; i++) {
		const char *text;

		if (!token_is(new->t, i, "return"))
			continue;
		text = return_text(b, new->t, i, &next);
		if (next > i + 1 && next <= i + 5 && !strpbrk(text, "abcdefghijklmnopqrstuvwxyz[") &&
		    !span_returns(b, old, text))
			build_tell(b, TOPIC_NEW_RESULT, &c->place, c->name,
				   "see that all callers, also those that are not replaced, expect it",
				   "may now return %s, which it did not before", text);
		i = next;
	}
}

static size_t span_calls(const struct span *s, const char *const *names)
{
	size_t count = 0;

	for (size_t i = s->first; i < s->last; i++)
		for (const char *const *n = names; *n; n++)
			count += token_is(s->t, i, *n) && is_mark(s->t, i + 1, '(') &&
				 !is_member(s->t, i);
	return count;
}

/* Calls that come in pairs across functions. */
static void pairs_compare(struct build *b, const struct change *c,
			  const struct span *old, const struct span *new)
{
	static const char *const locks[] = {
		"pthread_mutex_lock", "pthread_mutex_unlock", "pthread_rwlock_rdlock",
		"pthread_rwlock_wrlock", "pthread_rwlock_unlock", "pthread_spin_lock",
		"pthread_spin_unlock", "sem_wait", "sem_post", NULL};
	static const char *const memory[] = {"malloc", "calloc", "realloc", "strdup",
					     "strndup", "free", NULL};
	size_t before = span_calls(old, locks), after = span_calls(new, locks);

	if (before != after)
		build_tell(b, TOPIC_LOCKS, &c->place, c->name,
			   "see that no thread, also one that took the lock in the old code, is left with it or without it",
			   "takes or releases locks %zu times in its text, before %zu",
			   after, before);
	before = span_calls(old, memory);
	after = span_calls(new, memory);
	if (before != after)
		build_tell(b, TOPIC_MEMORY, &c->place, c->name,
			   "see that what the old code allocated is freed once, and what the new code keeps is not lost if the patch is reverted",
			   "allocates or frees memory %zu times in its text, before %zu",
			   after, before);
}

void meaning_tell(struct build *b, const struct change *c)
{
	const struct unit *u = c->unit;
	const struct entity *new = parse_function(&u->parse_after, c->linkage);
	const struct entity *old = u->same ? NULL
					   : parse_function(&u->parse_before, c->linkage);
	struct span s, t;

	if (c->present && strcmp(c->name, "main") == 0)
		build_tell(b, TOPIC_NEVER_LEFT, &c->place, c->name,
			   "change what it calls instead; what is inlined into it cannot be reached",
			   "is not left while the program runs: the update would stay pending");
	if (c->why != CHANGE_TEXT || !old || !new || !new->body_at || !old->body_at)
		return;
	s = span_of(&u->before, old);
	t = span_of(&u->after, new);
	stores_compare(b, c, &s, &t);
	results_compare(b, c, &s, &t);
	pairs_compare(b, c, &s, &t);
}
