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
#include "fate.h"
#include "life.h"
#include "span.h"

#include <stdlib.h>
#include <string.h>

/* ++x, --x */
static bool is_prefixed(const struct text *t, size_t i)
{
	return i > 1 && (is_mark(t, i - 1, '+') || is_mark(t, i - 1, '-')) &&
	       is_mark(t, i - 2, t->bytes[t->token[i - 1].at]) && token_touches(t, i - 1);
}

/* Is it the "=" of "a <<= 1" or "a >>= 1" that comes behind token `k`? */
static bool is_shifted(const struct text *t, size_t k)
{
	return k + 2 < t->tokens && (is_mark(t, k, '<') || is_mark(t, k, '>')) &&
	       is_mark(t, k + 1, t->bytes[t->token[k].at]) && token_touches(t, k + 1) &&
	       is_mark(t, k + 2, '=') && token_touches(t, k + 2);
}

/* Is what starts at token `i` stored to: x = 1, x += 1, x++, x[i].y = 1, ++x? */
static bool is_stored(const struct text *t, size_t i)
{
	size_t k = i + 1;

	if (is_prefixed(t, i))
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
	if (is_shifted(t, k))
		return true;
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

/* p[i] and p->x of a pointer: what it leads to is another object, unless that has
 * no name of its own, as in p = (char[2]){0}. */
static bool is_followed(const struct text *t, size_t i, const struct entity *v)
{
	size_t first = text_token_at(t, v->name_at), end = text_token_at(t, v->end);

	if (!v->is_scalar ||
	    !(is_mark(t, i + 1, '[') || (is_mark(t, i + 1, '-') && is_mark(t, i + 2, '>'))))
		return false;
	while (first < end && !is_mark(t, first, '{'))
		first++;
	return first >= end;
}

bool meaning_stores(const struct text *t, const struct entity *f,
		    const struct entity *v)
{
	struct span s = span_of(t, f);

	for (size_t i = s.first; i < s.last; i++)
		if (token_is(t, i, v->name) && !is_member(t, i) &&
		    t->token[i].at != v->name_at && !is_followed(t, i, v) &&
		    ((i > 0 && is_mark(t, i - 1, '&')) || is_stored(t, i) ||
		     is_decayed(t, i, v)))
			return true;
	return false;
}

/* Is what starts at token `i`, and is stored to, a statement of its own: x++; */
static bool is_statement(const struct text *t, size_t i)
{
	size_t k = is_prefixed(t, i) ? i - 2 : i;

	return k > 0 && (is_mark(t, k - 1, ';') || is_mark(t, k - 1, '{') ||
			 is_mark(t, k - 1, '}') || is_mark(t, k - 1, ')') ||
			 is_mark(t, k - 1, ':') || token_is(t, k - 1, "else"));
}

bool meaning_reads(const struct text *t, const struct entity *f, const struct entity *v)
{
	struct span s = span_of(t, f);

	for (size_t i = s.first; i < s.last; i++)
		if (token_is(t, i, v->name) && !is_member(t, i) &&
		    t->token[i].at != v->name_at &&
		    !(is_stored(t, i) && is_statement(t, i)))
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

/* The tokens [first, last) without brackets around all of them. */
static struct span bare(const struct text *t, size_t first, size_t last)
{
	while (last > first && is_mark(t, first, '(') && token_closing(t, first) == last - 1) {
		first++;
		last--;
	}
	return (struct span){t, first, last};
}

/* Does what is spelled as `x` begin at token `i` of the expression, and what stands
 * there end with it? */
static bool stands_at(const struct span *e, size_t i, const struct span *x)
{
	size_t n = x->last - x->first;

	if (e->last - i < n)
		return false;
	for (size_t k = 0; k < n; k++)
		if (!token_same(e->t, i + k, x->t, x->first + k))
			return false;
	return i + n == e->last || is_mark(e->t, i + n, ':') || is_mark(e->t, i + n, ')');
}

/* May the expression be `x`, or one of its cases: a ? x : b? */
static bool may_be(const struct span *e, const struct span *x)
{
	if (e->last - e->first == x->last - x->first && stands_at(e, e->first, x))
		return true;
	for (size_t i = e->first; i < e->last; i++) {
		size_t at = i + 1;

		if (!is_mark(e->t, i, '?') && !is_mark(e->t, i, ':'))
			continue;
		while (at < e->last && is_mark(e->t, at, '('))
			at++;
		if (stands_at(e, at, x))
			return true;
	}
	return false;
}

/* Does the function set the variable that token `name` is to `x`? */
static bool span_sets(const struct span *s, size_t name, const struct span *x)
{
	const struct text *t = s->t;

	for (size_t i = s->first; i < s->last; i++) {
		struct span e;
		size_t end = i + 2;

		if (!token_same(t, i, t, name) || is_member(t, i) || !is_mark(t, i + 1, '=') ||
		    is_mark(t, i + 2, '='))
			continue;
		while (end < s->last && !is_mark(t, end, ';') && !is_mark(t, end, ',') &&
		       !is_mark(t, end, ')'))
			end = (is_mark(t, end, '(') ? token_closing(t, end) : end) + 1;
		e = bare(t, i + 2, end < s->last ? end : s->last);
		if (may_be(&e, x))
			return true;
	}
	return false;
}

/* Does it return `x`, perhaps as one of two, or in a variable? */
static bool span_returns(const struct span *s, const struct span *x)
{
	for (size_t i = s->first, end; i < s->last; i++) {
		struct span e;

		if (!token_is(s->t, i, "return"))
			continue;
		for (end = i + 1; end < s->last && !is_mark(s->t, end, ';');)
			end++;
		e = bare(s->t, i + 1, end);
		if (may_be(&e, x) || (e.last == e.first + 1 && span_sets(s, e.first, x)))
			return true;
	}
	return false;
}

/* Results that are spelled as one constant: -1, NULL, EINVAL, (-2). */
static void results_compare(struct build *b, const struct change *c,
			    const struct span *old, const struct span *new)
{
	for (size_t i = new->first, next; i < new->last; i++) {
		const char *text;
		struct span x;

		if (!token_is(new->t, i, "return"))
			continue;
		text = return_text(b, new->t, i, &next);
		x = bare(new->t, i + 1, next);
		if (next > i + 1 && next <= i + 5 && !strpbrk(text, "abcdefghijklmnopqrstuvwxyz[") &&
		    !span_returns(old, &x))
			build_tell(b, TOPIC_NEW_RESULT, &c->place, c->name,
				   "see that all callers, also those that are not replaced, expect it",
				   "may now return %s, which it did not before", text);
		i = next;
	}
}

static bool ends_in(const char *name, size_t n, const char *end)
{
	size_t m = strlen(end);

	return n >= m && strncmp(name + n - m, end, m) == 0;
}

/* pthread_mutex_lock, spin_unlock, apr_thread_rwlock_rdlock, lock; not clock. */
static bool is_lock(const char *name, size_t n)
{
	static const char *const words[] = {"lock", "unlock", "rdlock", "wrlock",
					    "trylock"};

	if (ends_in(name, n, "sem_wait") || ends_in(name, n, "sem_post"))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t m = strlen(words[i]);

		if (ends_in(name, n, words[i]) && (n == m || name[n - m - 1] == '_'))
			return true;
	}
	return false;
}

/* malloc, xmalloc, zfree, g_free, sdsfree is not. */
static bool is_memory(const char *name, size_t n)
{
	static const char *const words[] = {"malloc", "calloc", "realloc", "strdup",
					    "strndup", "free"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t m = strlen(words[i]);

		if (ends_in(name, n, words[i]) &&
		    (n == m || n == m + 1 || name[n - m - 1] == '_'))
			return true;
	}
	return false;
}

/* The calls of a kind in their order, with their arguments; *count: how many. */
static const char *span_calls(struct build *b, const struct span *s,
			      bool (*is_kind)(const char *, size_t), size_t *count)
{
	const struct text *t = s->t;
	const char *text = "";

	*count = 0;
	for (size_t i = s->first; i < s->last; i++) {
		const struct token *k = &t->token[i];

		if (k->kind != TOKEN_WORD || !is_mark(t, i + 1, '(') ||
		    !is_kind(t->bytes + k->at, k->length))
			continue;
		++*count;
		for (size_t end = token_closing(t, i + 1); i <= end && i < t->tokens; i++)
			text = build_text(b, "%s %.*s", text, (int)t->token[i].length,
					  t->bytes + t->token[i].at);
	}
	return text;
}

/* Calls that come in pairs across functions. */
static void pairs_compare(struct build *b, const struct change *c,
			  const struct span *old, const struct span *new)
{
	size_t before, after;
	const char *first = span_calls(b, old, is_lock, &before);
	const char *then = span_calls(b, new, is_lock, &after);

	if (before != after)
		build_tell(b, TOPIC_LOCKS, &c->place, c->name,
			   "see that no thread, also one that took the lock in the old code, is left with it or without it",
			   "takes or releases locks %zu times in its text, before %zu",
			   after, before);
	else if (strcmp(first, then) != 0)
		build_tell(b, TOPIC_LOCKS, &c->place, c->name,
			   "see that no function that is not replaced takes them in the old order",
			   "takes and releases other locks than before, or in another order");
	span_calls(b, old, is_memory, &before);
	span_calls(b, new, is_memory, &after);
	if (before != after)
		build_tell(b, TOPIC_MEMORY, &c->place, c->name,
			   "see that what the old code allocated is freed once, and what the new code keeps is not lost if the patch is reverted",
			   "allocates or frees memory %zu times in its text, before %zu",
			   after, before);
}

/* The last member of "a->b.c[i]", stored to through a pointer: token `i`. */
static bool is_pointed_store(const struct text *t, size_t first, size_t i)
{
	bool pointer = false;
	size_t k = i;

	if (t->token[i].kind != TOKEN_WORD || !is_member(t, i) ||
	    is_mark(t, i + 1, '.') || (is_mark(t, i + 1, '-') && is_mark(t, i + 2, '>')))
		return false;
	while (k > first && is_member(t, k)) {
		bool arrow = is_mark(t, k - 1, '>');

		pointer |= arrow;
		k -= arrow ? 3 : 2;
		while (k > first && (is_mark(t, k, ']') || is_mark(t, k, ')')))
			k = token_opening(t, k) - 1;
	}
	/* "++a->b": what it is written before. In "++(a)->b" that is token k. */
	return pointer && (is_stored(t, i) ||
			   is_prefixed(t, t->token[k].kind == TOKEN_WORD ? k : k + 1));
}

/* Stores through pointers reach what is not the function's own, most often. */
static void pointed_compare(struct build *b, const struct change *c,
			    const struct span *old, const struct span *new)
{
	const struct text *t = new->t;

	for (size_t i = new->first; i < new->last; i++) {
		bool known = false;

		if (!is_pointed_store(t, new->first, i))
			continue;
		for (size_t k = old->first; k < old->last && !known; k++)
			known = token_same(old->t, k, t, i) &&
				is_pointed_store(old->t, old->first, k);
		if (!known)
			build_tell(b, TOPIC_NEW_STORE, &c->place, c->name,
				   "see that all who read it can cope, and that its value is good if the patch is reverted",
				   "now stores to ->%.*s, which it did not before",
				   (int)t->token[i].length, t->bytes + t->token[i].at);
	}
}

/* A new variable that this function sets, and another one reads. */
static void state_tell(struct build *b, const struct change *c)
{
	const struct unit *u = c->unit;
	const struct parse *p = &u->parse_after;
	const struct entity *f = parse_function(p, c->linkage);

	for (size_t i = 0; i < p->entities; i++) {
		const struct entity *v = &p->entity[i];

		if (v->kind != ENTITY_VARIABLE || !v->is_definition || v->is_const ||
		    !unit_is_new(u, v) || fate_is_moved(b, u, v) ||
		    !meaning_stores(&u->after, f, v))
			continue;
		for (size_t k = 0; k < p->entities; k++) {
			const struct entity *r = &p->entity[k];

			if (r->kind != ENTITY_FUNCTION || !r->body_at ||
			    strcmp(r->linkage, f->linkage) == 0 ||
			    !meaning_names(&u->after, r, v->name))
				continue;
			build_tell(b, TOPIC_NEW_STATE, &c->place, c->name,
				   "see that its first value is right for them, set it in a post_apply hook (OPUS_HOOK), or apply the patch when nothing is under way",
				   "sets %s, which is new, and %s reads it: connections and requests that have passed here before the patch are met with its first value",
				   v->name, r->name);
			break;
		}
	}
}

void meaning_tell(struct build *b, const struct change *c)
{
	const struct unit *u = c->unit;
	const struct entity *new = parse_function(&u->parse_after, c->linkage);
	const struct entity *old = u->same ? NULL
					   : parse_function(&u->parse_before, c->linkage);
	struct span s, t;

	if (new && new->body_at && c->present)
		life_tell(b, c, new);
	if (c->why != CHANGE_TEXT || !old || !new || !new->body_at || !old->body_at)
		return;
	s = span_of(&u->before, old);
	t = span_of(&u->after, new);
	stores_compare(b, c, &s, &t);
	pointed_compare(b, c, &s, &t);
	state_tell(b, c);
	results_compare(b, c, &s, &t);
	pairs_compare(b, c, &s, &t);
}
