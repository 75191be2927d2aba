/*
 * pass_resolve.c - find the functions to replace in the targets.
 *
 * Called by:  build.c.  Needs replace, undefined, target; leaves facts, and in
 *             each replace: target, name, found_unit, address, size, local.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "callers.h"
#include "common/cleanup.h"
#include "demangle.h"
#include "diff.h"
#include "facts.h"
#include "folded.h"
#include "lookup.h"

struct names {
	const char **name;
	size_t count;
	bool failed;
};

static void names_add(struct names *n, const char *name)
{
	const char **grown;

	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->name[i], name) == 0)
			return;
	grown = build_grow(n->name, n->count, sizeof(*grown));
	if (!grown) {
		n->failed = true;
		return;
	}
	n->name = grown;
	grown[n->count++] = name;
}

/* DWARF has the plain name of a static C++ function and no mangled one. */
static void names_add_base(struct build *b, struct names *n, const char *name)
{
	CLEANUP(cleanup_free) char *base = name_base(name);

	if (base && *base && strcmp(base, name) != 0)
		names_add(n, build_text(b, "%s", base));
}

/* Every name that some pass will ask the debug information about. */
static void names_collect(struct build *b, struct names *n)
{
	size_t prefix = strlen(PLAN_REF_PREFIX);
	struct candidates found;

	for (size_t i = 0; i < b->replaces; i++) {
		names_add(n, b->replace[i].target_name);
		names_add(n, b->replace[i].patch_name);
		names_add_base(b, n, b->replace[i].target_name);
		lookup_functions(b, b->replace[i].target_name, "", &found);
		for (size_t k = 0; k < found.count; k++) {
			names_add(n, found.at[k].name);
			names_add_base(b, n, found.at[k].name);
		}
	}
	for (size_t i = 0; b->diff && i < b->diff->changes; i++)
		names_add(n, b->diff->change[i].name);
	for (size_t i = 0; i < b->undefineds; i++)
		names_add(n, strncmp(b->undefined[i], PLAN_REF_PREFIX, prefix) == 0
				     ? b->undefined[i] + prefix
				     : b->undefined[i]);
	for (size_t i = 0; i < b->ref_notes; i++) {
		names_add(n, b->ref_note[i].target_name);
		names_add_base(b, n, b->ref_note[i].target_name);
	}
	for (size_t i = 0; i < b->hooks; i++)
		for (size_t k = 0; k < b->hook[i].args; k++)
			if (b->hook[i].arg[k].type == PLAN_TYPE_ADDRESS)
				names_add(n, b->hook[i].arg[k].text);
}

/* Where a function that has no symbol of its own went. */
static const char *inlined_into(struct build *b, size_t target, const char *name)
{
	const struct facts *f = b->facts[target];
	const char *text = "", *last = "";

	for (size_t i = 0; i < f->inlines; i++) {
		const struct facts_inline *in = &f->inlined[i];

		if ((strcmp(in->name, name) != 0 && !name_matches(in->linkage, name)) ||
		    strcmp(in->caller, last) == 0)
			continue;
		last = in->caller;
		text = build_text(b, "%s%s%s", text, *text ? ", " : "", last);
	}
	return text;
}

/* Why the target has code of the function, but not as one. True if refused. */
static bool refuse_changed(struct build *b, const struct replace *r, size_t target)
{
	const char *callers = inlined_into(b, target, r->target_name);
	uint64_t clone = 0;
	const char *clones = lookup_clones(b, target, r->target_name, &clone);

	if (*clones)
		build_tell(b, TOPIC_CLONES, &r->place, r->target_name,
			     callers_todo(b, target, clone),
			     "exists in %s only as %s, whose parameters the compiler has changed",
			     b->target[target]->name, clones);
	else if (*callers)
		build_tell(b, TOPIC_INLINED, &r->place, r->target_name,
			     build_text(b, "replace these as well, with the new %s beside them: %s",
					r->target_name, callers),
			     "exists only inlined into other functions of %s",
			     b->target[target]->name);
	return *clones || *callers;
}

static void refuse_missing(struct build *b, const struct replace *r)
{
	struct candidates elsewhere;
	bool blind = false;

	lookup_functions(b, r->target_name, "", &elsewhere);
	for (size_t i = 0; i < b->targets && elsewhere.count == 0; i++) {
		blind |= !b->target[i]->has_symtab;
		if (refuse_changed(b, r, i))
			return;
	}
	if (elsewhere.count > 0)
		build_tell(b, TOPIC_MISSING, &r->place, r->target_name,
			     "name the end of that path",
			     "not in a source file \"%s\", but there is %s", r->unit,
			     candidates_text(b, &elsewhere));
	else
		build_tell(b, TOPIC_MISSING, &r->place, r->target_name,
			     blind ? "a target is stripped: give its debug file with --debug"
				   : "see whether it is spelled as in the target, and in the --target",
			     "no such function in %s",
			     b->targets == 1 ? b->target[0]->name : "any target");
}

static void replace_found(struct build *b, struct replace *r,
			  const struct candidate *c)
{
	if (c->type == STT_GNU_IFUNC) {
		build_tell(b, TOPIC_IFUNC, &r->place, r->target_name,
			     "replace the implementations, each by its own name",
			     "chosen among several implementations when the program starts (ifunc)");
		return;
	}
	r->target = c->target;
	r->name = c->name;
	r->found_unit = c->unit;
	r->address = c->address;
	r->size = c->size;
	r->local = !c->global;
	if (build_replaces(b, r->target, r->address)) {
		build_tell(b, TOPIC_SHARED_CODE, &r->place, r->target_name, NULL,
			     "shares its code with another function that this patch replaces");
		return;
	}
	r->resolved = true;
}

/* Is the token "name", in quotes? */
static bool is_quoted(const struct text *t, size_t i, const char *name)
{
	size_t n = strlen(name);

	return t->token[i].kind == TOKEN_LITERAL && t->token[i].length == n + 2 &&
	       strncmp(t->bytes + t->token[i].at + 1, name, n) == 0;
}

/* Does the source say that one of the two is another name of the other? */
static bool alias_is_meant(const struct build *b, const struct replace *r,
			   const char *name)
{
	for (size_t i = 0; b->diff && i < b->diff->units; i++) {
		const struct unit *u = b->diff->unit[i];
		const struct text *t = &u->after;

		if (strcmp(u->found, r->found_unit) != 0)
			continue;
		for (size_t k = 0; k + 2 < t->tokens; k++)
			if ((token_is(t, k, "alias") || token_is(t, k, "__alias__")) &&
			    (is_quoted(t, k + 2, r->name) || is_quoted(t, k + 2, name)))
				return true;
	}
	return false;
}

/* "f.localalias" for "f": what the file itself calls it. */
static bool is_own_name(const char *name, const char *function)
{
	size_t n = strlen(function);

	return strncmp(name, function, n) == 0 && strncmp(name + n, ".localalias", 11) == 0;
}

/* Other names of the same code: they are replaced as well. */
static void aliases_warn(struct build *b, const struct replace *r)
{
	const struct object *o = b->target[r->target];
	const char *text = "";

	for (const struct object_symbol *s = NULL; (s = object_symbol_at(o, r->address, s)) != NULL;) {
		/* Weak and versioned aliases are meant as such, and GCC's own
		 * "f.localalias"; two local or global functions were folded,
		 * which nobody may know. */
		if (s->type == STT_FUNC && !s->dynamic &&
		    s->bind != STB_WEAK && !*s->version &&
		    strcmp(s->name, r->name) != 0 && s->name[0] != '_' &&
		    !is_own_name(s->name, r->name) &&
		    !alias_is_meant(b, r, s->name) && !folded_apart(b, r->target, s->name))
			text = build_text(b, "%s%s%s", text, *text ? ", " : "",
					  s->name);
	}
	if (*text)
		build_tell(b, TOPIC_SAME_CODE, &r->place, r->name, NULL,
			   "has the same code as %s, replaced with it", text);
}

enum opus_code pass_resolve(struct build *b, struct opus_error *err)
{
	struct names names = {0};
	enum opus_code code = OPUS_OK;
	struct candidates found;

	names_collect(b, &names);
	for (size_t i = 0; i < b->targets && code == OPUS_OK && !names.failed; i++)
		code = facts_collect(b->target[i], names.name, names.count,
				     &b->facts[i], err);
	free(names.name);
	if (names.failed)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < b->replaces && code == OPUS_OK; i++) {
		struct replace *r = &b->replace[i];

		lookup_functions(b, r->target_name, r->unit, &found);
		if (found.count == 0) {
			refuse_missing(b, r);
		} else if (found.count > 1) {
			build_tell(b, TOPIC_SEVERAL, &r->place, r->target_name,
				     "say which: OPUS_REPLACE_IN(name, \"end/of/path.c\") or \"OBJECT:path\"",
				     "there are several: %s",
				     candidates_text(b, &found));
		} else {
			replace_found(b, r, &found.at[0]);
			if (r->resolved)
				aliases_warn(b, r);
		}
	}
	return code;
}
