/*
 * constant.c - constants whose value changes, and what is made of them.
 *
 * Called by:  compare.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The process has the old data, and goes on to have it. The new comes along in
 * the patch for the functions that are replaced; so all that leads to it has to
 * come along as well, as far as it is constant, too: a table of pointers whose
 * text is the same has other content. A variable that leads there exists, and
 * may have been set since: that is refused.
 */
#include <string.h>

#include "compare.h"

/* Is the word named for something else than its size? */
static bool names_value(const struct text *t, uint32_t start, uint32_t end,
			const char *word)
{
	size_t last = text_token_at(t, end);

	for (size_t i = text_token_at(t, start); i < last; i++)
		if (t->token[i].kind == TOKEN_WORD && token_is(t, i, word) &&
		    !token_is(t, i - 1, ".") && !token_is(t, i - 1, "sizeof") &&
		    !(token_is(t, i - 1, "(") && token_is(t, i - 2, "sizeof")))
			return true;
	return false;
}

static void reached_refuse(struct compare *c, const struct entity *v, const char *word)
{
	struct note_place place = entity_place(c->b, c->u, &c->u->after, v);

	if (hooks_name(c->b, c->u->target, v->name)) {
		build_remark(c->b, &place, v->name, "leads to %s, whose content changes, which a hook is to see to",
			     word);
		return;
	}
	build_tell(c->b, TOPIC_FIRST_VALUE, &place, v->name,
		   "set it in a post_apply hook (OPUS_HOOK) in a source of its own, given with --hook, or leave this change out of the diff",
		   "leads to %s, whose content changes, but it exists already: it leads to the old content",
		   word);
}

/* Data that was there before, and is made of `word`, a constant that changes.
 * `data`: it is data itself, of which only the address or the size goes there. */
static enum opus_code variables_renew(struct compare *c, const char *word,
				      const struct entity *data, bool resized,
				      struct opus_error *err)
{
	struct parse *p = &c->u->parse_after;
	const struct text *t = &c->u->after;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < p->entities && code == OPUS_OK; i++) {
		struct entity *v = &p->entity[i];
		const struct entity *old;
		bool value;

		if ((v->kind != ENTITY_VARIABLE && v->kind != ENTITY_LOCAL) ||
		    !v->is_definition || v->renewed || v == data ||
		    !range_names(t, v->name_at, v->end, word))
			continue;
		old = counterpart_old(c, v);
		value = names_value(t, v->name_at, v->end, word);
		if (!old || !old->is_definition || (data && !value && !resized))
			continue;
		if (v->is_const)
			code = constant_renew(c, v, err);
		else if (data && value)
			reached_refuse(c, v, word);
		else
			variable_refuse(c, old, v);
	}
	return code;
}

/* Is the address kept: x->ops = &word, return word? What only looks something up
 * in a table does not keep it. */
static bool is_kept_at(const struct parse *p, const struct text *t, size_t i)
{
	size_t k = i - 1;
	const struct entity *e;

	if (token_is(t, i + 1, "[") || token_is(t, i + 1, "."))
		return false;
	if (token_is(t, k, "&"))
		k--;
	if (token_is(t, k, "return"))
		return true;
	if (!token_is(t, k, "=") || t->token[k - 1].kind != TOKEN_WORD)
		return false;
	if (token_is(t, k - 2, ".") || token_is(t, k - 2, ">"))
		return true;
	e = parse_find(p, t->bytes + t->token[k - 1].at, t->token[k - 1].length);
	while (e && e->kind != ENTITY_VARIABLE)
		e = parse_next(p, e);
	return e != NULL;
}

/* The function that keeps the address of `v` somewhere, or NULL. */
static const struct entity *keeper_of(const struct compare *c, const struct entity *v)
{
	const struct parse *p = &c->u->parse_before;
	const struct text *t = &c->u->before;

	if (v->is_scalar)
		return NULL;
	for (size_t n = 0; n < p->entities; n++) {
		const struct entity *f = &p->entity[n];

		if (f->kind != ENTITY_FUNCTION || !f->body_at)
			continue;
		for (size_t i = text_token_at(t, f->body_at), last = text_token_at(t, f->end);
		     i < last; i++)
			if (token_is(t, i, v->name) && is_kept_at(p, t, i))
				return f;
	}
	return NULL;
}

static void constant_warn(struct compare *c, const struct entity *v)
{
	struct note_place place = entity_place(c->b, c->u, &c->u->after, v);
	const struct entity *keeper = keeper_of(c, v);

	if (!v->is_static)
		build_tell(c->b, TOPIC_CONSTANT_SHARED, &place, v->name,
			   "see whether other source files read it",
			   "is constant data whose content changes: the replaced functions of this file read the new, all others the old");
	if (keeper)
		build_tell(c->b, TOPIC_CONSTANT_HELD, &place, v->name,
			   "see that what was made before the patch can go on with the old content, or change that in a post_apply hook (OPUS_HOOK)",
			   "is constant data whose content changes, and %s hands its address on: who has it reads the old content",
			   keeper->name);
}

enum opus_code constant_renew(struct compare *c, struct entity *v, struct opus_error *err)
{
	const struct entity *old = counterpart_old(c, v);
	enum opus_code code;

	if (v->renewed)
		return OPUS_OK;
	v->renewed = true;
	if (v->kind == ENTITY_VARIABLE)
		constant_warn(c, v);
	code = users_add(c, v->name, err);
	return code == OPUS_OK
		       ? variables_renew(c, v->name, v, !old || old->size != v->size, err)
		       : code;
}

/* "B }" of enum { A, B }: a number of them, most often, that nobody stores. */
static bool is_last(const struct text *t, const struct entity *e)
{
	size_t i = text_token_at(t, e->end);

	return token_is(t, i, "}") || (token_is(t, i, ",") && token_is(t, i + 1, "}"));
}

/* Is the enumerator before it another as well? One of them is told of. */
static bool follows_another(struct compare *c, const struct entity *e)
{
	const struct entity *before = e - 1, *old;

	if (e == c->u->parse_after.entity || before->kind != ENTITY_ENUMERATOR)
		return false;
	old = counterpart_old(c, before);
	return old && strcmp(old->detail, before->detail) != 0;
}

enum opus_code enumerator_renew(struct compare *c, const struct entity *old,
				const struct entity *new, struct opus_error *err)
{
	struct note_place place = entity_place(c->b, c->u, &c->u->after, new);
	enum opus_code code;

	if (!is_last(&c->u->before, old) && !follows_another(c, new))
		build_tell(c->b, TOPIC_RENUMBERED, &place, new->name,
			   "put new enumerators behind the old ones, or see that no variable or object holds the old number",
			   "was %s, and is %s: what the old code stored has the old number",
			   old->detail, new->detail);
	code = users_add(c, new->name, err);
	return code == OPUS_OK ? variables_renew(c, new->name, NULL, false, err) : code;
}
