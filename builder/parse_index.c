/*
 * parse_index.c - find what a unit declares by its name.
 *
 * Called by:  whoever works on units.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdlib.h>
#include <string.h>

#include "demangle.h"
#include "parse.h"

static uint32_t name_hash(const char *name, size_t length)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return h;
}

bool parse_index(struct parse *p)
{
	p->slots = 16;
	while (p->slots < 2 * p->entities)
		p->slots *= 2;
	p->slot = calloc(p->slots, sizeof(*p->slot));
	p->next = calloc(p->entities + 1, sizeof(*p->next));
	if (!p->slot || !p->next)
		return false;
	/* From the back, so that chains are in the order of the text. */
	for (size_t i = p->entities; i-- > 0;) {
		const char *name = p->entity[i].name;
		uint32_t h = name_hash(name, strlen(name)) & (p->slots - 1);

		while (p->slot[h] &&
		       strcmp(p->entity[p->slot[h] - 1].name, name) != 0)
			h = (h + 1) & (p->slots - 1);
		p->next[i] = p->slot[h];
		p->slot[h] = (uint32_t)i + 1;
	}
	return true;
}

struct entity *parse_find(const struct parse *p, const char *name, size_t length)
{
	uint32_t h;

	if (p->slots == 0)
		return NULL;
	h = name_hash(name, length) & (p->slots - 1);
	for (; p->slot[h]; h = (h + 1) & (p->slots - 1)) {
		struct entity *e = &p->entity[p->slot[h] - 1];

		if (strncmp(e->name, name, length) == 0 && e->name[length] == 0)
			return e;
	}
	return NULL;
}

struct entity *parse_next(const struct parse *p, const struct entity *e)
{
	uint32_t next = p->next[e - p->entity];

	return next ? &p->entity[next - 1] : NULL;
}

struct entity *parse_function(const struct parse *p, const char *linkage)
{
	size_t first = 0;

	if (p->entities == 0)
		return NULL;
	if (strncmp(linkage, "_Z", 2) != 0) {
		struct entity *e = parse_find(p, linkage, strlen(linkage));
		struct entity *last = NULL;

		for (; e && !(p->cxx && last); e = parse_next(p, e))
			if (e->kind == ENTITY_FUNCTION && e->is_definition)
				last = e;
		return last;
	}
	for (; first < p->entities; first++) {
		struct entity *e = &p->entity[first];

		if (e->kind == ENTITY_FUNCTION && e->is_definition &&
		    linkage_same(e->linkage, linkage))
			return e;
	}
	return NULL;
}
