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

/* The same for names that linkage_same() takes for one: those of a constructor or
 * destructor differ in the digit behind a "C" or "D". */
static uint32_t mangled_hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (const char *p = name; *p; p++) {
		bool structor = p > name && (p[-1] == 'C' || p[-1] == 'D') && *p >= '0' && *p <= '4';

		h = (h ^ (structor ? '0' : (unsigned char)*p)) * 16777619u;
	}
	return h;
}

static bool is_mangled(const char *linkage)
{
	return strncmp(linkage, "_Z", 2) == 0;
}

static void mangled_index(struct parse *p)
{
	/* From the back, as below. */
	for (size_t i = p->entities; i-- > 0;) {
		const struct entity *e = &p->entity[i];
		uint32_t *slot;

		if (e->kind != ENTITY_FUNCTION || !e->is_definition || !is_mangled(e->linkage))
			continue;
		slot = &p->mangled[mangled_hash(e->linkage) & (p->slots - 1)];
		p->next_mangled[i] = *slot;
		*slot = (uint32_t)i + 1;
	}
}

bool parse_index(struct parse *p)
{
	p->slots = 16;
	while (p->slots < 2 * p->entities)
		p->slots *= 2;
	p->slot = calloc(p->slots, sizeof(*p->slot));
	p->next = calloc(p->entities + 1, sizeof(*p->next));
	p->mangled = calloc(p->slots, sizeof(*p->mangled));
	p->next_mangled = calloc(p->entities + 1, sizeof(*p->next_mangled));
	if (!p->slot || !p->next || !p->mangled || !p->next_mangled)
		return false;
	mangled_index(p);
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
	struct entity *last = NULL;

	if (p->entities == 0)
		return NULL;
	if (is_mangled(linkage)) {
		uint32_t i = p->mangled[mangled_hash(linkage) & (p->slots - 1)];

		while (i && !linkage_same(p->entity[i - 1].linkage, linkage))
			i = p->next_mangled[i - 1];
		return i ? &p->entity[i - 1] : NULL;
	}
	for (struct entity *e = parse_find(p, linkage, strlen(linkage)); e && !(p->cxx && last);
	     e = parse_next(p, e))
		if (e->kind == ENTITY_FUNCTION && e->is_definition)
			last = e;
	return last;
}
