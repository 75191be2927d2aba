/*
 * callers.c - the functions that call one that cannot be replaced.
 *
 * Called by:  the passes that refuse.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "callers.h"

#define CALLERS_NAMED 12

enum opus_code callers_edges(struct build *b, size_t target,
			     const struct code_edges **ret, struct opus_error *err)
{
	*ret = &b->edges[target];
	return b->edges[target].known
		       ? OPUS_OK
		       : code_edges_find(b->target[target], &b->edges[target], err);
}

/* May other objects call it by its name? */
static bool is_exported(const struct object *o, uint64_t address)
{
	for (size_t i = 0; i < o->defined; i++)
		if (o->symbol[i].value == address && o->symbol[i].dynamic &&
		    o->symbol[i].code)
			return true;
	return false;
}

const char *callers_todo(struct build *b, size_t target, uint64_t address)
{
	const struct code_edges *edges;
	const struct code_edge *e;
	const struct object_symbol *last = NULL;
	const char *text = "";
	bool exported = is_exported(b->target[target], address);
	size_t n, named = 0;

	if (callers_edges(b, target, &edges, NULL) != OPUS_OK)
		return NULL;
	for (e = code_edges_to(edges, address, &n); n > 0; n--, e++) {
		const struct object_symbol *s =
			object_function_at(b->target[target], e->site);

		if (!s || s == last || s->value == address)
			continue;
		last = s;
		if (named++ < CALLERS_NAMED)
			text = build_text(b, "%s%s%s", text, *text ? ", " : "",
					  s->name);
	}
	if (named == 0 && exported)
		return "it is called by its name, also from other objects: replace the functions there that call it, with the new one beside them, or install a new library and restart";
	if (named == 0)
		return "it is called through pointers only: replace the functions that store its address";
	return build_text(b, "replace the functions that call it, with the new one beside them, under any name and without OPUS_REPLACE: %s%s%s",
			  text, named > CALLERS_NAMED ? " and more" : "",
			  exported ? "; and those in other objects, which call it by its name" : "");
}
