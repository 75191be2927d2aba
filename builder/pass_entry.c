/*
 * pass_entry.c - can a jump be written at each entry?
 *
 * Called by:  build.c.  Needs replace.range; leaves replace.entry.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * entry.c looks at the first instructions; this pass looks for anybody who
 * jumps to, or knows the address of, a place between them: branches of the
 * function itself and of the code around it, addresses that code computes
 * (labels as values), and addresses in relocated data. Offsets in jump tables
 * cannot be told from other numbers; a compiler has no reason to make one for
 * a place so near the entry.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "callers.h"
#include "decode.h"
#include "entry.h"
#include "facts.h"
#include "start.h"

/* Bytes behind the function that are padding and belong to nobody. */
static uint64_t padding_size(const struct object *o, uint64_t end)
{
	uint64_t next = object_next_start(o, end - 1), at = end;
	struct decoded d;

	if (next <= end)
		return 0;
	if (next - end > 64)
		next = end + 64;
	while (at < next) {
		const uint8_t *bytes = object_bytes(o, at, next - at);

		if (!bytes || !decode(bytes, next - at, at, &d) || !d.padding)
			break;
		at += d.length;
	}
	return at - end;
}

static void refuse_target(struct build *b, const struct replace *r, uint64_t from,
			  const char *how)
{
	const struct object_symbol *s =
		object_function_at(b->target[r->target], from);

	build_tell(b, TOPIC_ENTRY, &r->place, r->name,
		     callers_todo(b, r->target, r->address),
		     "%s at 0x%" PRIx64 "%s%s leads back into the %u bytes that the jump displaces",
		     how, from, s ? " in " : "", s ? s->name : "", r->entry.length);
}

/* Go through [start, end) for instructions that lead inside. True if refused. */
static bool code_scan(struct build *b, const struct replace *r, uint64_t start,
		      uint64_t end)
{
	const struct object *o = b->target[r->target];
	const uint8_t *bytes = object_bytes(o, start, end - start);
	struct decoded d;

	for (uint64_t at = start; bytes && at < end; at += d.length, bytes += d.length) {
		if (!decode(bytes, end - at, at, &d)) {
			build_tell(b, TOPIC_ENTRY, &r->place, r->name, NULL,
				     "its code at 0x%" PRIx64 " is no instruction that is known, so that a jump back to its start could not be seen",
				     at);
			return true;
		}
		if (d.has_target && entry_inside(&r->entry, r->address, d.target)) {
			refuse_target(b, r, at, "the branch");
			return true;
		}
		if (d.rip && entry_inside(&r->entry, r->address, d.rip_to)) {
			refuse_target(b, r, at, "the address used");
			return true;
		}
	}
	return false;
}

/* Relocated data: tables of code addresses. */
static bool relocs_scan(struct build *b, const struct replace *r)
{
	const struct object *o = b->target[r->target];

	for (size_t i = 0; i < o->relocs; i++)
		if (!o->reloc[i].name &&
		    entry_inside(&r->entry, r->address, o->reloc[i].addend)) {
			refuse_target(b, r, o->reloc[i].place,
				      "an address in the data");
			return true;
		}
	return false;
}

/* Hand-written code jumps from one function into another. */
static bool others_scan(struct build *b, const struct replace *r)
{
	const struct facts_function *f =
		facts_function_at(b->facts[r->target], r->address);
	const struct code_edges *edges;

	if ((f && f->signature.known) ||
	    callers_edges(b, r->target, &edges, NULL) != OPUS_OK)
		return false;
	for (uint32_t i = 1; i < r->entry.length; i++) {
		size_t count;
		const struct code_edge *e = code_edges_to(
			edges, r->address + r->entry.jump_at + i, &count);

		if (count > 0) {
			refuse_target(b, r, e->site, "the branch");
			return true;
		}
	}
	return false;
}

/* A second entry: who calls it by name is in another object. */
static bool names_scan(struct build *b, const struct replace *r)
{
	const struct object *o = b->target[r->target];

	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];

		if (!s->dynamic || !s->code ||
		    !entry_inside(&r->entry, r->address, s->value))
			continue;
		build_tell(b, TOPIC_ENTRY, &r->place, r->name,
			   callers_todo(b, r->target, r->address),
			   "the exported name %s leads into the %u bytes that the jump displaces",
			   s->name, r->entry.length);
		return true;
	}
	return false;
}

static void entry_find(struct build *b, struct replace *r)
{
	const struct object *o = b->target[r->target];
	uint64_t padding = padding_size(o, r->address + r->size);
	struct entry_code code = {
		.bytes = object_bytes(o, r->address, r->size + padding),
		.address = r->address,
		.size = r->size,
		.usable = r->size + padding,
	};
	struct entry_fault fault;
	uint64_t covered;

	if (!code.bytes) {
		code.bytes = object_bytes(o, r->address, r->size);
		code.usable = r->size;
	}
	if (!entry_move(&code, &r->entry, &fault)) {
		build_tell(b, TOPIC_ENTRY, &r->place, r->name,
			     callers_todo(b, r->target, r->address), "%s", fault.why);
		return;
	}
	for (size_t i = 0; i < r->ranges; i++)
		if (code_scan(b, r, r->range[i].start, r->range[i].end))
			return;
	if (relocs_scan(b, r) || names_scan(b, r) || others_scan(b, r))
		return;
	/* Padding that the jump takes belongs to the function from now on. */
	if (b->options->verbose)
		fprintf(stderr, "opus-build: %s: %zu range%s, entry 0x%" PRIx64 ", %u bytes displaced\n",
			r->name, r->ranges, r->ranges == 1 ? "" : "s", r->address,
			r->entry.length);
	covered = r->address + r->entry.jump_at + r->entry.length;
	if (covered > r->range[0].end)
		r->range[0].end = covered;
}

/* A patch of what has run before it is there closes nothing. */
static void start_tell(struct build *b, const struct replace *r)
{
	if (!report_has(&b->reports, TOPIC_START, r->name) &&
	    start_is_only(b, r->target, r->address))
		build_tell(b, TOPIC_START, &r->place, r->name,
			   "install the new build, and start again",
			   "only what runs when %s is loaded calls it: in a process it has done its work, and the patch changes nothing",
			   b->target[r->target]->name);
}

enum opus_code pass_entry(struct build *b, struct opus_error *err)
{
	(void)err;
	for (size_t i = 0; i < b->replaces; i++)
		if (b->replace[i].resolved) {
			start_tell(b, &b->replace[i]);
			entry_find(b, &b->replace[i]);
		}
	return OPUS_OK;
}
