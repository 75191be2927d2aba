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
		if (f->inlined[i].external && strcmp(f->inlined[i].name, name) == 0)
			return f->inlined[i].unit;
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
	if (code == OPUS_OK && u)
		e = parse_function(&u->parse_after, name);
	if (e && e->body_at && !e->is_static) {
		if (b->options->verbose)
			fprintf(stderr, "opus-build: %s: %s: is called by the new %s, and has been inlined everywhere\n",
				u->source, name, because);
		code = change_add(b, u, e, CHANGE_NEEDED, because, err);
	}
	facts_destroy(f);
	return code;
}

/* The functions that the change's new text names, and that are another file's. */
static enum opus_code callees_bring(struct build *b, size_t index, struct opus_error *err)
{
	const struct change c = b->diff->change[index];
	const struct parse *p = &c.unit->parse_after;
	const struct text *t = &c.unit->after;
	const struct entity *f = parse_function(p, c.linkage);
	enum opus_code code = OPUS_OK;

	for (size_t i = f ? text_token_at(t, f->start) : t->tokens;
	     i < t->tokens && t->token[i].at < f->end && code == OPUS_OK; i++) {
		const struct token *k = &t->token[i];
		const struct entity *e;

		if (k->kind != TOKEN_WORD || token_is(t, i - 1, ".") || token_is(t, i - 1, ">"))
			continue;
		e = parse_find(p, t->bytes + k->at, k->length);
		while (e && e->kind != ENTITY_FUNCTION)
			e = parse_next(p, e);
		if (e && !parse_function(p, e->linkage) && !e->is_static &&
		    !has_symbol(b->target[c.unit->target], e->linkage) &&
		    !is_in_patch(b->diff, c.unit->target, e->linkage))
			code = function_bring(b, &c, e->linkage, err);
	}
	return code;
}

enum opus_code pass_bring(struct build *b, struct opus_error *err)
{
	struct diff *d = b->diff;
	enum opus_code code = OPUS_OK;

	/* What comes along may need others; those of C++ have more than a name. */
	for (size_t i = 0; i < d->changes && code == OPUS_OK; i++)
		if (!d->change[i].unit->cxx && b->target[d->change[i].unit->target]->has_symtab)
			code = callees_bring(b, i, err);
	return code;
}
