/*
 * callers.c - who calls a function of a target.
 *
 * Called by:  pass_closure.c, and the passes that refuse.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "callers.h"

#include <string.h>

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
	for (const struct object_symbol *s = NULL; (s = object_symbol_at(o, address, s)) != NULL;)
		if (s->dynamic && s->code)
			return true;
	return false;
}

static bool sites_any(const struct code_edges *edges, uint64_t to,
		      bool (*is)(uint64_t site, void *data), void *data)
{
	size_t n;
	const struct code_edge *e = code_edges_to(edges, to, &n);
	bool any = false;

	for (; n > 0 && !any; n--, e++)
		any = is(e->site, data);
	return any;
}

/* Through the pointer at `slot`; by a stub of the linkage table, which begins with
 * the jump or with an endbr64 before it. */
static bool slot_any(const struct object *o, const struct code_edges *edges, uint64_t slot,
		     bool (*is)(uint64_t site, void *data), void *data)
{
	size_t n;
	const struct code_edge *e = code_edges_to(edges, slot, &n);
	bool any = sites_any(edges, slot, is, data);

	for (; n > 0 && !any; n--, e++)
		any = code_is_plt(o, e->site) &&
		      (sites_any(edges, e->site, is, data) ||
		       sites_any(edges, e->site - 4, is, data));
	return any;
}

/* Does the dynamic linker put the address of the function there? */
static bool leads_to(const struct object *o, const struct object_reloc *r, uint64_t address)
{
	if (!r->name)
		return r->type == R_X86_64_RELATIVE && r->addend == address;
	if (r->type != R_X86_64_JUMP_SLOT && r->type != R_X86_64_GLOB_DAT)
		return false;
	for (const struct object_symbol *s = NULL; (s = object_symbol_at(o, address, s)) != NULL;)
		if (s->dynamic && strcmp(s->name, r->name) == 0)
			return true;
	return false;
}

bool callers_any(struct build *b, size_t target, uint64_t address,
		 bool (*is)(uint64_t site, void *data), void *data)
{
	const struct object *o = b->target[target];
	const struct code_edges *edges;
	bool any;

	if (callers_edges(b, target, &edges, NULL) != OPUS_OK)
		return false;
	any = sites_any(edges, address, is, data);
	for (size_t i = 0; i < o->relocs && !any; i++)
		any = leads_to(o, &o->reloc[i], address) &&
		      slot_any(o, edges, o->reloc[i].place, is, data);
	return any;
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
