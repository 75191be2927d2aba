/*
 * life.c - code that runs once, and code that runs for ever.
 *
 * Called by:  meaning.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * An update waits until no thread is in a function that it replaces. What a
 * program runs once is behind it; the loop in which it serves is left when it ends.
 */
#include "life.h"

#include <string.h>

#include "span.h"
#include "start.h"

/* The last token of the loop that begins at token `i`, or `i` if none does. One
 * over the command line is over before anything is served. */
static size_t loop_end(const struct text *t, size_t i)
{
	static const char *const options[] = {"getopt", "getopt_long",
					      "getopt_long_only", NULL};
	size_t body = i + 1;

	if (token_is(t, i, "for") || token_is(t, i, "while")) {
		size_t header = token_closing(t, i + 1);

		if (has_word(t, i, header, options))
			return i;
		body = header + 1;
	} else if (!token_is(t, i, "do")) {
		return i;
	}
	if (is_mark(t, body, '{'))
		return token_closing(t, body);
	while (body < t->tokens && !is_mark(t, body, ';'))
		body = is_mark(t, body, '(') || is_mark(t, body, '{')
			       ? token_closing(t, body) + 1
			       : body + 1;
	return body;
}

/* Does anything in [from, to), the body of a loop, leave the loop? What only leaves
 * another one or a switch in it does not. */
static bool is_left(const struct text *t, size_t from, size_t to)
{
	static const char *const out[] = {"return", "goto", "throw", NULL};

	if (has_word(t, from, to, out))
		return true;
	for (size_t i = from; i < to; i++) {
		size_t end = token_is(t, i, "switch")
				     ? token_closing(t, token_closing(t, i + 1) + 1)
				     : loop_end(t, i);

		if (token_is(t, i, "break"))
			return true;
		i = end > i ? end : i;
	}
	return false;
}

/* Where the condition of the loop at token `i` is: [*ret_from, the result). Equal to
 * *ret_from if it has none, or one that is always true. 0: there is no loop. */
static size_t condition_find(const struct text *t, size_t i, size_t *ret_from)
{
	size_t open = i + 1, close, first, last;

	if (token_is(t, i, "do"))
		open = is_mark(t, i + 1, '{') ? token_closing(t, i + 1) + 2 : t->tokens;
	else if (!token_is(t, i, "while") && !token_is(t, i, "for"))
		return 0;
	if (!is_mark(t, open, '('))
		return 0;
	close = token_closing(t, open);
	first = open + 1;
	last = close;
	if (token_is(t, i, "for")) {
		while (first < close && !is_mark(t, first, ';'))
			first++;
		last = ++first;
		while (last < close && !is_mark(t, last, ';'))
			last++;
	}
	if (last == first + 1 && (token_is(t, first, "1") || token_is(t, first, "true")))
		last = first;
	*ret_from = first;
	return last;
}

/* Is token `i` the end of a loop that begins with `do`, and no loop itself? */
static bool is_end_of_do(const struct span *s, size_t i)
{
	for (size_t k = s->first; k < i; k++)
		if (token_is(s->t, k, "do") && is_mark(s->t, k + 1, '{') &&
		    token_closing(s->t, k + 1) + 1 == i)
			return true;
	return false;
}

/* A loop without condition, which nothing in it leaves. */
static bool has_endless_loop(const struct span *s)
{
	const struct text *t = s->t;

	for (size_t i = s->first; i < s->last; i++) {
		size_t from, to = condition_find(t, i, &from);
		size_t body = token_is(t, i, "do") ? i + 1 : token_closing(t, i + 1) + 1;

		if (to && to == from && !is_end_of_do(s, i) && !is_left(t, body, loop_end(t, i)))
			return true;
	}
	return false;
}

/* Is there a variable of the name outside of functions? */
static bool is_global(const struct unit *u, const struct text *t, size_t i)
{
	const struct parse *p = &u->parse_after;

	for (size_t k = 0; k < p->entities; k++)
		if (p->entity[k].kind == ENTITY_VARIABLE && token_is(t, i, p->entity[k].name))
			return true;
	return false;
}

/* A condition that is about variables of the program alone, and calls nothing: what
 * a signal or another function sets to end the loop. */
static bool is_of_program(const struct unit *u, const struct text *t, size_t from, size_t to)
{
	bool any = false;

	for (size_t i = from; i < to; i++) {
		if (t->token[i].kind != TOKEN_WORD || is_member(t, i))
			continue;
		if (is_mark(t, i + 1, '(') || !is_global(u, t, i))
			return false;
		any = true;
	}
	return any;
}

/* Does a loop of the function look like the one in which a server waits for work? */
static bool has_serving_loop(const struct unit *u, const struct span *s)
{
	static const char *const waits[] = {
		"poll", "ppoll", "select", "pselect", "epoll_wait", "epoll_pwait", "accept",
		"accept4", "recvmsg", "recvfrom", "sigsuspend", "sigwait", "sigwaitinfo",
		"pause", NULL};
	const struct text *t = s->t;

	for (size_t i = s->first; i < s->last; i++) {
		size_t from, to = condition_find(t, i, &from);

		if (to && (to == from ? has_word(t, i, loop_end(t, i), waits)
				      : is_of_program(u, t, from, to)))
			return true;
	}
	return false;
}

bool life_calls_once(const struct text *t, const struct entity *f, const char *name)
{
	struct span s = span_of(t, f);
	size_t loop = 0;
	bool called = false;

	for (size_t i = s.first; i < s.last; i++) {
		size_t end = loop_end(t, i);

		if (token_is(t, i, "goto"))
			return false;
		if (end > i && end > loop)
			loop = end;
		if (!token_is(t, i, name) || is_member(t, i))
			continue;
		if (i <= loop)
			return false;
		called = true;
	}
	return called;
}

/* Does token `i` stand in a loop of the function? */
static bool is_in_loop(const struct span *s, size_t i)
{
	static const char *const loops[] = {"for", "while", "do", "goto", NULL};

	/* Any loop that begins before it and may reach it: a jump back, too. */
	return has_word(s->t, s->first, i, loops);
}

/* Has it a loop, or calls others, so that something may go on in it? */
static bool takes_time(const struct parse *p, const struct span *s)
{
	for (size_t i = s->first; i < s->last; i++) {
		const struct token *k = &s->t->token[i];
		const struct entity *e = k->kind == TOKEN_WORD && is_mark(s->t, i + 1, '(')
						 ? parse_find(p, s->t->bytes + k->at, k->length)
						 : NULL;

		for (; e; e = parse_next(p, e))
			if (e->kind == ENTITY_FUNCTION)
				return true;
	}
	return is_in_loop(s, s->last);
}

/* A static function that main() alone names, in a call before any loop. */
static bool is_called_at_start(const struct unit *u, const struct entity *f)
{
	const struct text *t = &u->after;
	const struct entity *m = parse_function(&u->parse_after, "main");
	struct span s;
	bool called = false;

	if (!m || !f->is_static || u->cxx)
		return false;
	s = span_of(t, m);
	for (size_t i = 0; i < t->tokens; i++) {
		if (t->token[i].kind != TOKEN_WORD || !token_is(t, i, f->name) ||
		    is_member(t, i) || t->token[i].at == f->name_at)
			continue;
		if (i > s.first && i < s.last) {
			if (!is_mark(t, i + 1, '(') || is_in_loop(&s, i))
				return false;
			called = true;
			continue;
		}
		/* Else only declarations: nothing may keep its address. */
		if (!is_mark(t, i + 1, '(') || !is_mark(t, token_closing(t, i + 1) + 1, ';') ||
		    i == 0 || t->token[i - 1].kind != TOKEN_WORD || token_is(t, i - 1, "return"))
			return false;
	}
	return called;
}

void life_tell(struct build *b, const struct change *c, const struct entity *f)
{
	static const char *const start[] = {"constructor", "__constructor__", NULL};
	static const char *const never[] = {"noreturn", "__noreturn__", "_Noreturn", NULL};
	const struct text *t = &c->unit->after;
	struct span s = span_of(t, f);
	size_t head = text_token_at(t, f->start);
	bool ends;

	if (c->left_out)
		build_tell(b, TOPIC_NEVER_LEFT, &c->place, c->name,
			   "see that the rest of the diff closes the hole without it",
			   "is not left while the program runs, so it is not in the patch%s",
			   c->why == CHANGE_TEXT || c->why == CHANGE_USES
				   ? ": its part of the change is missing"
				   : ": what it does once, at the start or end, stays as it was");
	else if (strcmp(c->name, "main") == 0)
		build_tell(b, TOPIC_NEVER_LEFT, &c->place, c->name,
			   "change what it calls instead; what is inlined into it cannot be reached",
			   "is not left while the program runs: the update would stay pending");
	else if (has_word(t, head, s.first, never) || has_endless_loop(&s))
		build_tell(b, TOPIC_NEVER_LEFT, &c->place, c->name,
			   "change what it calls instead; threads that start later would run the new code, if none is inside",
			   "does not return: while a thread is inside, the update stays pending");
	else if (start_is_of_main(b, c->target, c->entry, &ends) &&
		 (ends ? takes_time(&c->unit->parse_after, &s)
		       : has_serving_loop(c->unit, &s)))
		build_tell(b, TOPIC_NEVER_LEFT, &c->place, c->name,
			   "change what it calls instead, or apply the patch by the store at a later start",
			   "is called by main() alone, and seems to run until the program ends: as long as it does, the update stays pending");
	else if (has_word(t, head, s.first, start) || is_called_at_start(c->unit, f))
		build_tell(b, TOPIC_START, &c->place, c->name,
			   "do what it would have done in a post_apply hook (OPUS_HOOK); a later start has the patch from the store, which applies it before main()",
			   "runs when the program starts: what it did then stays as it was");
}

