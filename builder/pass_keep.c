/*
 * pass_keep.c - callers that know which registers the old function leaves.
 *
 * Called by:  build.c.  Needs replace (resolved), facts, objects; leaves
 *             replace.thunk, replace.keep and thunk_object.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * GCC knows more about a function of the same unit than the ABI says: which
 * registers it leaves alone (-fipa-ra), and that it does well with a stack
 * aligned to 8 (-fipa-stack-alignment). Its callers make use of both, and so
 * do their callers in turn. A new function that keeps to the ABI alone would
 * break them. Where this may be so, a thunk stands before the new function: it
 * saves the registers in question and aligns the stack.
 *
 * It can be so only if GCC knew all that the old function calls (one call into
 * another unit, or through a pointer, and every register counts as changed), and
 * only for callers in its own unit. Of the registers that the old function
 * leaves alone, those matter that some such caller names, or may pass on to
 * somebody else as arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "callers.h"
#include "facts.h"
#include "thunk.h"

/* A set of frames, by their start. */
struct places {
	uint64_t *start;
	size_t count;
	bool failed;
};

static bool places_add(struct places *p, uint64_t start)
{
	uint64_t *grown;

	for (size_t i = 0; i < p->count; i++)
		if (p->start[i] == start)
			return false;
	grown = build_grow(p->start, p->count, sizeof(*grown));
	if (!grown) {
		p->failed = true;
		return false;
	}
	p->start = grown;
	grown[p->count++] = start;
	return true;
}

static bool same_unit(const struct facts *facts, uint64_t a, uint64_t b)
{
	const void *x = facts_unit_id(facts, a), *y = facts_unit_id(facts, b);

	return !x || !y || x == y;
}

/* Is everything known that the code from `start` on does to registers? Adds
 * the frames that it leads to. */
static bool frame_closed(const struct object *o, const struct facts *facts,
			 const struct object_frame *f, struct code_use *use, struct places *todo)
{
	const uint8_t *bytes = object_bytes(o, f->start, f->end - f->start);
	struct object_frame to;
	struct decoded d;
	bool calls;

	for (uint64_t at = f->start; bytes && at < f->end;
	     at += d.length, bytes += d.length) {
		if (!decode(bytes, f->end - at, at, &d))
			return false;
		calls = d.flow == DECODE_CALL && !use->stores;
		code_use_add(&d, use);
		if (calls) /* what it calls is looked at as well */
			use->stores = false;
		if (d.flow == DECODE_CALL_INDIRECT ||
		    (d.flow == DECODE_JUMP_INDIRECT && d.rip))
			return false;
		if (!d.has_target || (d.target >= f->start && d.target < f->end))
			continue;
		if (code_is_plt(o, d.target) || !same_unit(facts, f->start, d.target) ||
		    !code_extent(o, d.target, &to))
			return false;
		places_add(todo, to.start);
	}
	return bytes != NULL;
}

/* What the old function and all that it calls change. False if a part of it is
 * outside the unit, so that the compiler had to expect the worst. */
static bool clobbers_find(const struct object *o, const struct facts *facts,
			  const struct replace *r, struct code_use *use)
{
	struct places todo = {0};
	bool closed = true;

	for (size_t i = 0; i < r->ranges; i++)
		places_add(&todo, r->range[i].start);
	for (size_t i = 0; i < todo.count && closed; i++) {
		struct object_frame f;

		closed = todo.count < 256 && !todo.failed &&
			 code_extent(o, todo.start[i], &f) &&
			 frame_closed(o, facts, &f, use, &todo);
	}
	free(todo.start);
	return closed;
}

/* Registers that a caller names, and those that hold what it passes on. */
static void caller_use(const struct object *o, const struct facts *facts,
		       const struct object_frame *f, struct code_use *use)
{
	const uint8_t *bytes = object_bytes(o, f->start, f->end - f->start);
	struct decoded d;

	use->read |= REGSET_ARGUMENTS;
	if (facts_vector_arguments(facts, f->start))
		use->read |= REGSET_VECTOR_ARGUMENTS;
	for (uint64_t at = f->start; bytes && at < f->end;
	     at += d.length, bytes += d.length) {
		if (!decode(bytes, f->end - at, at, &d))
			break;
		code_use_add(&d, use);
	}
}

/* Callers of the unit, their callers and so on. Returns how many. */
static size_t callers_use(const struct object *o, const struct facts *facts,
			  const struct replace *r, const struct code_edges *edges,
			  struct code_use *use)
{
	struct places todo = {0};
	size_t count;

	places_add(&todo, r->address);
	for (size_t i = 0; i < todo.count && i < 4096; i++) {
		size_t n;
		const struct code_edge *e = code_edges_to(edges, todo.start[i], &n);

		for (; n > 0; n--, e++) {
			struct object_frame f;

			if (same_unit(facts, r->address, e->site) &&
			    code_extent(o, e->site, &f) && places_add(&todo, f.start))
				caller_use(o, facts, &f, use);
		}
	}
	count = todo.count - 1;
	free(todo.start);
	return count;
}

static enum opus_code keep_find(struct build *b, struct replace *r,
				struct opus_error *err)
{
	const struct object *o = b->target[r->target];
	const struct facts *facts = b->facts[r->target];
	struct code_use old = {0}, use = {0};
	const struct code_edges *edges;
	enum opus_code code;

	if (facts_not_gcc(facts, r->address) ||
	    !clobbers_find(o, facts, r, &old))
		return OPUS_OK;
	code = callers_edges(b, r->target, &edges, err);
	if (code != OPUS_OK || callers_use(o, facts, r, edges, &use) == 0)
		return code;
	/* An old function may leave its argument in the result register as it
	 * is; the new one's result is another. */
	r->keep = (use.read | use.written) & REGSET_CLOBBERED & ~old.written &
		  ~signature_result(&r->signature);
	r->quiet = !old.stores;
	if ((r->keep >> 16) && use.widest) {
		build_tell(b, TOPIC_REGISTERS, &r->place, r->name,
			     "compile the target with -fno-ipa-ra, or replace its callers too",
			     "its callers may rely on 512-bit registers that it leaves alone, which a patch cannot save");
		return OPUS_OK;
	}
	return thunk_add(b, r, (r->keep >> 16) && use.wide, err);
}

enum opus_code pass_keep(struct build *b, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < b->replaces && code == OPUS_OK; i++)
		if (b->replace[i].resolved)
			code = keep_find(b, &b->replace[i], err);
	if (code == OPUS_OK && !b->reports.refused)
		code = thunk_assemble(b, err);
	return code;
}
