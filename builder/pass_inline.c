/*
 * pass_inline.c - copies of the old functions inside other functions.
 *
 * Called by:  build.c.  Needs replace (resolved), facts; refuses what would
 *             stay as it was in spite of the patch.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A copy does no harm inside a function that this patch replaces as well: that
 * one was compiled with the new code.
 */
#include <string.h>

#include "build.h"
#include "callers.h"
#include "demangle.h"
#include "facts.h"
#include "lookup.h"

/* Is `in` a copy of the function that starts at `f`? C++ inline functions have
 * one description in each unit; their mangled name is their identity. */
static bool is_copy_of(const struct facts_inline *in, const struct facts_function *f)
{
	if (in->root == f->root)
		return true;
	return in->external && f->external &&
	       linkage_same(*in->linkage ? in->linkage : in->name,
			    *f->linkage ? f->linkage : f->name);
}

static void copies_check(struct build *b, const struct replace *r,
			 const struct facts_function *f)
{
	const struct facts *facts = b->facts[r->target];
	const char *text = "", *last = "", *last_unit = "";
	size_t count = 0;

	for (size_t i = 0; i < facts->inlines; i++) {
		const struct facts_inline *in = &facts->inlined[i];

		if (!is_copy_of(in, f) ||
		    build_replaces(b, r->target, in->caller_entry) ||
		    (strcmp(in->caller, last) == 0 &&
		     strcmp(in->caller_unit, last_unit) == 0))
			continue;
		last = in->caller;
		last_unit = in->caller_unit;
		text = build_text(b, "%s%s%s (%s)", text, count++ ? ", " : "", last,
				  last_unit);
	}
	if (count)
		build_tell(b, TOPIC_INLINED, &r->place, r->name,
			     build_text(b, "replace these too: %s", text),
			     "has been inlined into %zu function%s of %s, which would keep the old code",
			     count, count == 1 ? "" : "s",
			     b->target[r->target]->name);
}

/* Clones are called in place of the function, from where the compiler knew
 * some arguments. */
static void clones_check(struct build *b, const struct replace *r)
{
	uint64_t clone = 0;
	const char *clones = lookup_clones(b, r->target, r->name, &clone);

	if (*clones)
		build_tell(b, TOPIC_CLONES, &r->place, r->name,
			     callers_todo(b, r->target, clone),
			     "has clones made for certain callers, which would keep the old code: %s",
			     clones);
}

enum opus_code pass_inline(struct build *b, struct opus_error *err)
{
	(void)err;
	/* pass_closure has seen to it, clones and what they are in included. */
	if (b->diff)
		return OPUS_OK;
	for (size_t i = 0; i < b->replaces; i++) {
		const struct replace *r = &b->replace[i];
		const struct facts_function *f;

		if (!r->resolved)
			continue;
		f = facts_function_at(b->facts[r->target], r->address);
		if (f)
			copies_check(b, r, f);
		else if (b->target[r->target]->executable || r->local)
			build_tell(b, TOPIC_NO_DEBUG, &r->place, r->name,
				   "give the debug file with --debug, or read the disassembly of its callers",
				   "there is no debug information about it: copies inlined elsewhere would not be seen");
		clones_check(b, r);
	}
	return OPUS_OK;
}
