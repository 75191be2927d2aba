/*
 * pass_bring.c - functions that new code calls and the target has only copies of.
 *
 * Called by:  build.c.  Needs diff.change, closed; leaves in it what comes along.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Link-time optimisation puts a function of another file into its callers, and drops
 * it. What is new calls it again: so the patch brings it, from the source of today,
 * to work on the variables of the target.
 */
#include <stdio.h>
#include <string.h>

#include "diff.h"
#include "facts.h"
#include "span.h"
#include "symbol.h"

/* Has the target a symbol of that name, its own or one that it gets from a library? */
static bool has_symbol(const struct object *o, const char *name)
{
	for (size_t i = 0; i < o->symbols; i++)
		if (strcmp(o->symbol[i].name, name) == 0)
			return true;
	return false;
}

static bool is_in_patch(const struct diff *d, size_t target, const char *name)
{
	for (size_t i = 0; i < d->changes; i++)
		if (d->change[i].unit->target == target &&
		    strcmp(d->change[i].linkage, name) == 0)
			return true;
	for (size_t i = 0; i < d->units; i++) {
		const struct entity *e =
			d->unit[i]->parsed && d->unit[i]->reached && d->unit[i]->target == target
				? parse_function(&d->unit[i]->parse_after, name)
				: NULL;

		if (e && unit_offers(d->unit[i], e))
			return true;
	}
	return false;
}

/* The path of the file that the function is from, which is not in the target as one;
 * NULL: not known. */
static const char *origin_of(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->inlines; i++)
		if (f->inlined[i].external &&
		    (strcmp(f->inlined[i].name, name) == 0 ||
		     strcmp(f->inlined[i].linkage, name) == 0))
			return f->inlined[i].unit;
	return NULL;
}

/* A unit that the diff reaches and that has the function, which the linker dropped. */
static struct unit *reached_with(const struct diff *d, size_t target, const char *name)
{
	for (size_t i = 0; i < d->units; i++)
		if (d->unit[i]->parsed && d->unit[i]->target == target &&
		    parse_function(&d->unit[i]->parse_after, name))
			return d->unit[i];
	return NULL;
}

static enum opus_code function_bring(struct build *b, const struct change *by,
				     const char *name, struct opus_error *err)
{
	size_t target = by->unit->target;
	const char *because = by->name, *path;
	struct facts *f = NULL;
	struct unit *u = NULL;
	const struct entity *e = NULL;
	enum opus_code code = facts_collect(b->target[target], &name, 1, &f, err);

	if (code != OPUS_OK)
		return code;
	path = origin_of(f, name);
	if (path)
		code = unit_ready(b, target, path, &u, err);
	else
		u = reached_with(b->diff, target, name);
	if (code == OPUS_OK && u)
		e = parse_function(&u->parse_after, name);
	if (e && e->body_at && !e->is_static) {
		if (b->options->verbose)
			fprintf(stderr, "opus-build: %s: %s: is called by the new %s, and no function of the target\n",
				u->source, name, because);
		code = change_add(b, u, e, CHANGE_NEEDED, because, err);
	}
	facts_destroy(f);
	return code;
}

/* Is it a function of another file that is nowhere? */
static bool is_wanted(struct build *b, const struct unit *u, const struct entity *e)
{
	return !e->is_static && !e->is_inline && !e->is_template && !e->in_class &&
	       !parse_function(&u->parse_after, e->linkage) &&
	       strncmp(e->name, "__builtin_", 10) != 0 &&
	       !has_symbol(b->target[u->target], e->linkage) &&
	       !is_in_patch(b->diff, u->target, e->linkage) &&
	       !library_defines(b, b->target[u->target], e->linkage);
}

/* The functions of other files that the change's new text names. */
static enum opus_code named_bring(struct build *b, const struct change *c,
				  const struct entity *f, struct opus_error *err)
{
	const struct parse *p = &c->unit->parse_after;
	const struct text *t = &c->unit->after;
	size_t end = text_token_at(t, f->end);
	enum opus_code code = OPUS_OK;

	for (size_t i = text_token_at(t, f->start); i < end && code == OPUS_OK; i++) {
		const struct token *k = &t->token[i];
		const struct entity *e;

		if (k->kind != TOKEN_WORD || is_member(t, i))
			continue;
		e = parse_find(p, t->bytes + k->at, k->length);
		while (e && e->kind != ENTITY_FUNCTION)
			e = parse_next(p, e);
		if (e && is_wanted(b, c->unit, e))
			code = function_bring(b, c, e->linkage, err);
	}
	return code;
}

/* Those that it calls, in C++, where a name is not one function's. */
static enum opus_code called_bring(struct build *b, const struct change *c,
				   const struct entity *f, struct opus_error *err)
{
	const struct parse *p = &c->unit->parse_after;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < p->entities && code == OPUS_OK; i++) {
		const struct entity *e = &p->entity[i];

		if (e->kind == ENTITY_FUNCTION && parse_calls(p, f, e) &&
		    is_wanted(b, c->unit, e))
			code = function_bring(b, c, e->linkage, err);
	}
	return code;
}

enum opus_code pass_bring(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	/* What comes along may need others. */
	for (size_t i = 0; i < d->changes && code == OPUS_OK; i++) {
		const struct change c = d->change[i];
		const struct entity *f = parse_function(&c.unit->parse_after, c.linkage);

		if (f && b->target[c.unit->target]->has_symtab)
			code = c.unit->cxx ? called_bring(b, &c, f, err)
					   : named_bring(b, &c, f, err);
	}
	return code;
}
