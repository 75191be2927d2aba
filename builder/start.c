/*
 * start.c - code of a target that only its start reaches.
 *
 * Called by:  pass_entry.c, life.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The entry of the dynamic loader, and what .init_array holds, run before a
 * patch can be there. From the function all calls are followed back: if each
 * way ends at such a place, and nothing keeps an address on the way, it does
 * not run again. Where anything is not known, it may.
 */
#include "start.h"

#include <gelf.h>
#include <string.h>

#include "callers.h"
#include "code.h"
#include "decode.h"

#define START_MOST 256 /* functions on the ways back */

struct walk {
	const struct object *o;
	const struct code_edges *edges;
	uint64_t function[START_MOST];
	size_t functions;
	uint64_t entry; /* of the object; 0: none */
	bool reached;	/* a start, on one way at least */
};

static bool is_on_way(const struct walk *w, uint64_t address)
{
	for (size_t i = 0; i < w->functions; i++)
		if (w->function[i] == address)
			return true;
	return false;
}

static bool walk_add(struct walk *w, uint64_t address)
{
	if (is_on_way(w, address))
		return true;
	if (w->functions == START_MOST)
		return false;
	w->function[w->functions++] = address;
	return true;
}

/* Do constructors lie there, which the loader calls once? */
static bool is_init_array(const struct object *o, uint64_t place)
{
	Elf_Scn *section = NULL;
	GElf_Shdr h;

	while ((section = elf_nextscn(o->elf, section))) {
		if (gelf_getshdr(section, &h) &&
		    (h.sh_type == SHT_INIT_ARRAY || h.sh_type == SHT_PREINIT_ARRAY) &&
		    place >= h.sh_addr && place - h.sh_addr < h.sh_size)
			return true;
	}
	return false;
}

/* Does the code at the entry of the object call it? Often without a size. */
static bool entry_calls(const struct walk *w, uint64_t address)
{
	uint64_t at = w->entry, end = at ? object_next_start(w->o, at) : 0;
	struct decoded d;

	for (; at < end; at += d.length) {
		const uint8_t *bytes = object_bytes(w->o, at, end - at);

		if (!bytes || !decode(bytes, end - at, at, &d))
			return false;
		if (d.has_target && d.target == address)
			return true;
	}
	return false;
}

/* False if others may call it by its name, or through a pointer in data. *start
 * becomes true if it is a constructor. */
static bool is_private(const struct walk *w, uint64_t address, bool *start)
{
	const struct object *o = w->o;

	for (const struct object_symbol *s = NULL; (s = object_symbol_at(o, address, s)) != NULL;)
		if (s->dynamic)
			return false;
	for (size_t i = 0; i < o->relocs; i++) {
		const struct object_reloc *r = &o->reloc[i];

		if (r->name || r->addend != address)
			continue;
		if (!is_init_array(o, r->place))
			return false;
		*start = true;
	}
	return true;
}

/* Follow the calls of one function back. False if it may run at any time. */
static bool walk_back(struct walk *w, uint64_t address)
{
	bool start = address == w->entry || entry_calls(w, address),
	     called = false;
	const struct code_edge *e;
	struct object_frame caller;
	size_t n;

	if (!is_private(w, address, &start))
		return false;
	w->reached |= start;
	for (e = code_edges_to(w->edges, address, &n); n > 0; n--, e++) {
		if (!code_extent(w->o, e->site, &caller) ||
		    !walk_add(w, caller.start))
			return false;
		called |= caller.start != address;
	}
	return called || start;
}

/* Does code in [start, end) take the address of a function on the way? */
static bool takes_address(const struct walk *w, uint64_t start, uint64_t end)
{
	const uint8_t *bytes = object_bytes(w->o, start, end - start);
	struct decoded d;

	for (uint64_t at = start; bytes && at < end;
	     at += d.length, bytes += d.length) {
		if (!decode(bytes, end - at, at, &d))
			return false;
		if (d.rip && is_on_way(w, d.rip_to))
			return true;
	}
	return false;
}

bool start_is_only(struct build *b, size_t target, uint64_t address)
{
	struct walk w = {.o = b->target[target]};
	GElf_Ehdr header;

	/* Elsewhere an address may be any number. */
	if (!gelf_getehdr(w.o->elf, &header) || header.e_type != ET_DYN ||
	    callers_edges(b, target, &w.edges, NULL) != OPUS_OK)
		return false;
	w.entry = header.e_entry;
	walk_add(&w, address);
	for (size_t i = 0; i < w.functions; i++)
		if (!walk_back(&w, w.function[i]))
			return false;
	for (size_t i = 0; i < w.o->frames && w.reached; i++)
		if (takes_address(&w, w.o->frame[i].start, w.o->frame[i].end))
			return false;
	return w.reached;
}

/* The function that calls the one at `address`, from one place; 0 if there are none
 * or several. *ret_jumps: it does not come back. */
static uint64_t only_caller(const struct object *o, const struct code_edges *edges,
			    uint64_t address, bool *ret_jumps)
{
	size_t n;
	const struct code_edge *e = code_edges_to(edges, address, &n);
	struct object_frame caller;

	if (n != 1 || !code_extent(o, e->site, &caller) || caller.start == address)
		return 0;
	*ret_jumps = !e->call;
	return caller.start;
}

/* May a pointer in data lead there? */
static bool is_pointed_to(const struct object *o, uint64_t address)
{
	for (size_t i = 0; i < o->relocs; i++)
		if (!o->reloc[i].name && o->reloc[i].addend == address)
			return true;
	return false;
}

static bool is_main(const struct object *o, uint64_t address)
{
	const struct object_symbol *s = object_function_at(o, address);

	return s && (strcmp(s->name, "main") == 0 || strcmp(s->name, "main.cold") == 0);
}

bool start_is_of_main(struct build *b, size_t target, uint64_t address, bool *ret_ends)
{
	struct walk w = {.o = b->target[target]};
	GElf_Ehdr header;
	bool jumps;

	*ret_ends = true;
	if (!gelf_getehdr(w.o->elf, &header) || header.e_type != ET_DYN ||
	    callers_edges(b, target, &w.edges, NULL) != OPUS_OK)
		return false;
	for (uint64_t at = address; !is_main(w.o, at);) {
		if (is_on_way(&w, at) || !walk_add(&w, at) || is_pointed_to(w.o, at))
			return false;
		at = only_caller(w.o, w.edges, at, &jumps);
		if (!at)
			return false;
		*ret_ends &= jumps;
	}
	for (size_t i = 0; i < w.o->frames; i++)
		if (takes_address(&w, w.o->frame[i].start, w.o->frame[i].end))
			return false;
	return w.functions > 0;
}
