/*
 * pass_closure.c - what else has to be replaced with the changed functions.
 *
 * Called by:  build.c.  Needs diff.change, target; leaves diff.change complete.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The debug information of the targets says where a changed function is: as a
 * function, inlined into others, or as clones that only certain callers use
 * (.constprop, .isra, .part). Those callers are compiled anew as well, from
 * their own source, and so on until nothing old is left. What it does not say
 * is found by compiling (knowledge.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callers.h"
#include "common/cleanup.h"
#include "demangle.h"
#include "diff.h"
#include "facts.h"
#include "folded.h"
#include "image.h"
#include "life.h"
#include "meaning.h"
#include "namesake.h"
#include "twin.h"

struct closure {
	struct build *b;
	struct facts **facts; /* per target */
	size_t named;	      /* changes whose names the facts were made for */
};

static void facts_drop(struct closure *c)
{
	for (size_t i = 0; i < c->b->targets && c->facts; i++)
		facts_destroy(c->facts[i]);
	free(c->facts);
	c->facts = NULL;
}

static enum opus_code facts_make(struct closure *c, struct opus_error *err)
{
	struct build *b = c->b;
	struct diff *d = b->diff;
	CLEANUP(cleanup_free) const char **names =
		calloc(2 * d->changes + 1, sizeof(*names));
	size_t count = 0;
	enum opus_code code = OPUS_OK;

	facts_drop(c);
	c->facts = calloc(b->targets, sizeof(*c->facts));
	if (!names || !c->facts)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < d->changes; i++) {
		names[count++] = d->change[i].name;
		if (strcmp(d->change[i].name, d->change[i].linkage) != 0)
			names[count++] = d->change[i].linkage;
	}
	c->named = d->changes;
	for (size_t i = 0; i < b->targets && code == OPUS_OK; i++)
		code = facts_collect(b->target[i], names, count, &c->facts[i], err);
	return code;
}

bool unit_is(const struct unit *u, size_t target, const char *path)
{
	return u->target == target && strcmp(u->found, path) == 0;
}

bool change_is(const struct change *c, const char *name, const char *linkage,
	       const char *unit, bool external)
{
	if (*linkage ? !linkage_same(linkage, c->linkage) : strcmp(name, c->name) != 0)
		return false;
	/* What is static in one unit is nothing to another's. */
	return (external && !c->is_static) || strcmp(c->unit->found, unit) == 0;
}

const char *clone_suffix_of(const char *symbol)
{
	static const char *const kinds[] = {".constprop.", ".isra.", ".part."};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		const char *at = strstr(symbol, kinds[k]);

		if (at)
			return at;
	}
	return NULL;
}

enum opus_code unit_ready(struct build *b, size_t target, const char *path,
			  struct unit **ret, struct opus_error *err)
{
	struct diff *d = b->diff;
	struct unit *found = NULL;
	enum opus_code code;

	*ret = NULL;
	for (size_t i = 0; i < d->units; i++)
		if (unit_is(d->unit[i], target, path))
			found = d->unit[i];
	if (!found)
		return OPUS_OK;
	code = units_preprocess(b, &found, 1, true, err);
	if (code == OPUS_OK && !text_is_there(&found->before))
		found->same = true;
	if (code == OPUS_OK)
		code = unit_parse(found, err);
	*ret = found;
	return code;
}

enum opus_code holder_add(struct build *b, struct unit *u, const struct entity *e,
			  enum change_why why, const char *changed,
			  struct opus_error *err)
{
	const struct entity *old = u->same ? e
					   : parse_function(&u->parse_before, e->linkage);
	enum opus_code code = OPUS_OK;

	if (!odr_is_made(b->diff, u, e))
		code = change_add(b, u, e, why, changed, err);
	if (code == OPUS_OK && strcmp(e->name, "main") == 0 && old &&
	    !life_calls_once(u->same ? &u->after : &u->before, old, changed))
		change_find(b->diff, u, e->linkage)->held = true;
	return code;
}

/* The function `name` of a unit holds or calls old code of `of`. */
static enum opus_code caller_add(struct closure *c, size_t of, enum change_why why,
				 const char *name, const char *linkage,
				 const char *path, struct opus_error *err)
{
	struct build *b = c->b;
	struct note_place place = b->diff->change[of].place;
	size_t target = b->diff->change[of].unit->target;
	const char *changed = b->diff->change[of].name;
	const struct entity *e = NULL;
	struct unit *u;
	enum opus_code code = unit_ready(b, target, path, &u, err);

	if (code != OPUS_OK)
		return code;
	if (u)
		e = parse_function(&u->parse_after, *linkage ? linkage : name);
	if (e && !e->is_template) {
		b->diff->change[of].copied = true;
		return holder_add(b, u, e, why, changed, err);
	}
	/* Gone from the new source: then nothing new calls the old one. */
	if (u && !u->same && parse_function(&u->parse_before, *linkage ? linkage : name))
		return OPUS_OK;
	build_tell(b, TOPIC_INLINED, &place, changed,
		     u ? "replace that one by hand, with `opus-build compile`"
		       : "give a build command that compiles that file too (in a built tree: make -B)",
		     "%s %s (%s), which %s",
		     why == CHANGE_INLINED ? "has been inlined into" : "is called, as it is or as a clone, by",
		     name, path,
		     e ? "is a template" : u ? "was not found in the source"
					     : "was not compiled by the build");
	return OPUS_OK;
}

/* Everybody who calls the code at `address` calls a clone. */
static enum opus_code clone_callers_add(struct closure *c, size_t of, size_t target,
					uint64_t address, struct opus_error *err)
{
	struct build *b = c->b;
	const struct code_edges *edges;
	size_t n;
	enum opus_code code = callers_edges(b, target, &edges, err);
	const struct code_edge *e;

	if (code != OPUS_OK)
		return code;
	for (e = code_edges_to(edges, address, &n); n > 0 && code == OPUS_OK; n--, e++) {
		const char *name, *linkage, *unit;

		if (facts_origin_at(c->facts[target], e->site, &name, &linkage, &unit))
			code = caller_add(c, of, CHANGE_CALLS, name, linkage, unit, err);
	}
	return code;
}

/* A function of a unit, looked for around sites. */
struct site_owner {
	struct facts *facts;
	const struct entity *function;
	const char *unit;
};

/* Is the site in the code of the function, its own or inlined into others? */
static bool is_site_of(uint64_t site, void *data)
{
	const struct site_owner *of = data;
	const char *name, *linkage, *path, *wanted = of->function->linkage;
	/* An inline function of C++ may be in the code of any unit. */
	bool anywhere = of->function->is_inline && !of->function->is_static;

	return facts_origin_at(of->facts, site, &name, &linkage, &path) &&
	       (anywhere || strcmp(path, of->unit) == 0) &&
	       (linkage_same(*linkage ? linkage : name, wanted) ||
		facts_is_within(of->facts, site, wanted));
}

/* Does the old function call the old one that changes? */
static bool calls_old(const struct unit *u, const struct entity *caller,
		      const struct change *changed)
{
	const struct parse *p = u->same ? &u->parse_after : &u->parse_before;
	const struct entity *e = u->cxx ? parse_function(p, changed->linkage) : NULL;

	return u->cxx ? e && parse_calls(p, caller, e)
		      : text_calls(u->same ? &u->after : &u->before, caller->start,
				   caller->end, changed->name);
}

/* A call that was inlined and left no code leaves no trace in the debug
 * information. So whoever calls the function in the source of the unit, and has
 * neither a copy nor a call of it in the target, is taken to have one. */
static enum opus_code silent_callers_of(struct closure *c, size_t of, struct unit *u,
					struct opus_error *err)
{
	struct diff *d = c->b->diff;
	const char *name = d->change[of].name;
	const struct parse *p = &u->parse_after;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < p->entities && code == OPUS_OK; i++) {
		const struct entity *e = &p->entity[i], *old = e;
		struct site_owner owner;

		if (e->kind != ENTITY_FUNCTION || !e->is_definition || e->is_template ||
		    strcmp(e->linkage, d->change[of].linkage) == 0 ||
		    (change_find(d, u, e->linkage) && strcmp(e->name, "main") != 0))
			continue;
		if (!u->same)
			old = parse_function(&u->parse_before, e->linkage);
		if (!old || !calls_old(u, old, &d->change[of]))
			continue;
		owner = (struct site_owner){c->facts[u->target], e, u->found};
		if (!d->change[of].present ||
		    !callers_any(c->b, u->target, d->change[of].entry, is_site_of, &owner))
			code = holder_add(c->b, u, e, CHANGE_INLINED, name, err);
	}
	return code;
}

/* Does the source file have the word? Headers that call functions of sources are
 * few. */
static bool source_has(const struct unit *u, const char *word)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	size_t size;

	return image_read(u->source, &data, &size, NULL) == OPUS_OK &&
	       memmem(data, size, word, strlen(word)) != NULL;
}

/* Its own unit; and all, if link-time optimisation has left nothing of a function
 * that others may call. */
static enum opus_code silent_callers_add(struct closure *c, size_t of,
					 struct opus_error *err)
{
	struct diff *d = c->b->diff;
	struct unit *own = d->change[of].unit;
	bool gone = !d->change[of].present && !d->change[of].is_static &&
		    !d->change[of].fresh && !own->cxx;
	enum opus_code code = silent_callers_of(c, of, own, err);

	for (size_t i = 0; i < d->units && gone && code == OPUS_OK; i++) {
		struct unit *u = d->unit[i];

		if (u == own || !u->wanted || !*u->found || u->target != own->target ||
		    !source_has(u, d->change[of].name))
			continue;
		code = unit_ready(c->b, u->target, u->found, &u, err);
		if (code == OPUS_OK && u)
			code = silent_callers_of(c, of, u, err);
	}
	return code;
}

/* A function that no jump can lead away from as the ABI has it: shorter than
 * the jump, or static with arguments that nobody can count (its callers may
 * know which registers it leaves alone, and no thunk can stand before it), or
 * that clang passes in another way. If all who call it are in its unit, they are
 * replaced instead. */
static bool is_carried(const struct build *b, const struct change *c)
{
	const struct entity *e = parse_function(&c->unit->parse_after, c->linkage);
	bool cet = b->target[c->unit->target]->cet;

	if (!e || !e->is_static || c->unit->cxx || !c->present ||
	    (c->size >= (cet ? 10 : 6) && !strstr(e->detail, ", ...") && !c->dropped))
		return false;
	return folded_is_called(c->unit, c->name);
}

/* Is it one of those that target_clones made for several processors? */
static bool is_version(struct build *b, const struct object *o, const char *symbol)
{
	const char *dot = strchr(symbol, '.');
	const char *resolver = dot ? build_text(b, "%.*s.resolver", (int)(dot - symbol), symbol)
				   : NULL;

	for (size_t i = 0; resolver && i < o->defined; i++)
		if (strcmp(o->symbol[i].name, resolver) == 0)
			return true;
	return false;
}

/* The compiler made another function of it: of a destructor, one that frees; of
 * any, one for another processor. */
static void variant_add(struct build *b, struct change *c, const char *symbol)
{
	for (size_t i = 0; i < c->variants; i++)
		if (strcmp(c->variant[i], symbol) == 0)
			return;
	if (c->variants < sizeof(c->variant) / sizeof(c->variant[0]))
		c->variant[c->variants++] = build_text(b, "%s", symbol);
}

/* A function that has a symbol and no description, as clang -g1 leaves those into which
 * nothing was inlined. */
static void symbol_find(struct closure *c, struct change *change, size_t target)
{
	const struct object *o = c->b->target[target];
	const char *base = strrchr(change->unit->found, '/');
	const struct object_symbol *found = NULL;

	base = base ? base + 1 : change->unit->found;
	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];

		if (!s->code || s->type != STT_FUNC || s->dynamic ||
		    strcmp(s->name, change->linkage) != 0 ||
		    (change->is_static ? strcmp(s->file, base) != 0 : s->bind == STB_LOCAL))
			continue;
		if (found && found->value != s->value)
			return;
		found = s;
	}
	if (!found)
		return;
	change->present = true;
	change->target = target;
	change->symbol = build_text(c->b, "%s", found->name);
	change->entry = found->value;
	change->size = found->size;
	change->found_unit = change->is_static ? base : "";
	/* Of a static one nobody knows how it is called. */
	change->dropped = facts_not_gcc(c->facts[target], found->value);
}

/* Where the target has code of the function. *described: it was told of one, though it
 * may have none. */
static enum opus_code code_find(struct closure *c, size_t of, size_t target,
				bool *described, struct opus_error *err)
{
	const struct object *o = c->b->target[target];
	const struct facts *f = c->facts[target];
	struct diff *d = c->b->diff;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < f->functions && code == OPUS_OK; i++) {
		const struct facts_function *fn = &f->function[i];
		const char *symbol;

		if (!change_is(&d->change[of], fn->name, fn->linkage, fn->unit,
			       fn->external))
			continue;
		*described = true;
		if (!namesake_has_code(o, fn) || namesake_is_other(o, f, &d->change[of], fn))
			continue;
		symbol = namesake_symbol(o, fn);
		if (symbol && clone_suffix_of(symbol)) {
			code = clone_callers_add(c, of, target, fn->entry, err);
			continue;
		}
		if (symbol && is_version(c->b, o, symbol))
			d->change[of].chosen = true;
		if (d->change[of].present && d->change[of].entry != fn->entry && symbol &&
		    (linkage_is_structor(symbol) || d->change[of].chosen)) {
			variant_add(c->b, &d->change[of], symbol);
			continue;
		}
		d->change[of].present = true;
		d->change[of].target = target;
		d->change[of].symbol = build_text(c->b, "%s", symbol ? symbol : fn->name);
		d->change[of].entry = fn->entry;
		d->change[of].size = fn->ranges ? fn->range[0].end - fn->range[0].start : 0;
		d->change[of].found_unit = build_text(c->b, "%s", fn->unit);
		for (size_t k = 0; k < SIGNATURE_DROPPED && facts_not_gcc(f, fn->entry); k++)
			d->change[of].dropped |= fn->dropped[k] || fn->shrinks;
	}
	return code;
}

static enum opus_code change_close(struct closure *c, size_t of, size_t target,
				   struct opus_error *err)
{
	struct facts *f = c->facts[target];
	struct diff *d = c->b->diff;
	bool described = false;
	bool overridden = namesake_overrides(c->b->target[target], f, &d->change[of]);
	enum opus_code code = OPUS_OK;

	d->change[of].overridden = overridden;
	if (!overridden)
		code = code_find(c, of, target, &described, err);
	if (code == OPUS_OK && !d->change[of].present && !described && !overridden)
		symbol_find(c, &d->change[of], target);
	if (code == OPUS_OK)
		code = folded_split(c->b, f, of, err);
	if (code == OPUS_OK && is_carried(c->b, &d->change[of])) {
		d->change[of].present = false;
		code = clone_callers_add(c, of, target, d->change[of].entry, err);
	}
	for (size_t i = 0; i < f->inlines && code == OPUS_OK; i++) {
		const struct facts_inline *in = &f->inlined[i];

		if (change_is(&d->change[of], in->name, in->linkage, in->unit,
			      in->external))
			code = caller_add(c, of, CHANGE_INLINED, in->caller,
					  in->caller_linkage, in->caller_unit, err);
	}
	/* Who calls it by its name calls the other. */
	if (code == OPUS_OK && !d->change[of].chosen && !overridden)
		code = silent_callers_add(c, of, err);
	return code == OPUS_OK ? knowledge_add(c->b, d->change[of].unit, CHANGE_KNOWS,
					       d->change[of].name, err) : code;
}

/* The source or the build is not that of the target, if what it makes of the
 * functions of today is not what the target has. */
static void twins_compare(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->changes; i++) {
		const struct change *c = &d->change[i];

		if (c->present &&
		    !twin_agrees(b, c->unit->target, c->symbol, c->entry, c->size))
			build_tell(b, TOPIC_OTHER_CODE, &c->place, c->name,
				   "see that the source, the build command and the compiler are those that the target was made with",
				   "the build makes other code of the old source than %s has",
				   b->target[c->unit->target]->name);
	}
}

/*
 * main() runs already and is not entered again: a new one would not run, and
 * the update would wait for it for ever. Without it the rest of the patch does
 * its work at once; unless main() holds old code that may run again.
 */
static void main_leave_out(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->changes; i++) {
		struct change *c = &d->change[i];
		bool others = false;

		if (strcmp(c->name, "main") != 0 || !c->present || c->held)
			continue;
		for (size_t k = 0; k < d->changes; k++)
			others |= k != i && d->change[k].present && !d->change[k].fresh &&
				  d->change[k].unit->target == c->unit->target;
		c->left_out = others;
	}
}

/* The name is another's in the target: with it in the patch, that one would be
 * replaced. */
static void overridden_leave_out(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->changes; i++) {
		struct change *c = &d->change[i];

		if (!c->overridden || c->copied)
			continue;
		c->left_out = true;
		if (c->why == CHANGE_TEXT)
			build_remark(b, &c->place, c->name,
				     "the diff changes it, but %s has another of its name, of another source file, in its place",
				     b->target[c->unit->target]->name);
	}
}

static void left_out_remove(struct diff *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->changes; i++)
		if (!d->change[i].left_out)
			d->change[kept++] = d->change[i];
	d->changes = kept;
}

/* Is the function, or a copy of it, in the patch? In a header it is many units'. */
static bool is_reached(const struct diff *d, const struct change *c)
{
	if (c->copied)
		return true;
	for (size_t i = 0; i < d->changes; i++) {
		const struct change *o = &d->change[i];

		if ((o->because && strcmp(o->because, c->name) == 0) ||
		    (strcmp(o->linkage, c->linkage) == 0 && (o->present || o < c)))
			return true;
	}
	return false;
}

/* What changes and is nowhere in the target has nothing to be replaced; nobody
 * should think that it was. */
static void absent_tell(struct build *b)
{
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->changes; i++) {
		const struct change *c = &d->change[i];

		if (c->why == CHANGE_TEXT && !c->fresh && !c->left_out && !is_reached(d, c))
			build_remark(b, &c->place, c->name,
				     "the diff changes it, but %s has neither it nor a copy of it",
				     b->target[c->unit->target]->name);
	}
}

static void closure_tell(struct build *b)
{
	static const char *const why[] = {
		"its text differs", "uses what differs: ", "holds a copy of ",
		"calls a clone of ", "relies on the old ", "needed by ",
		"has the code of "};
	struct diff *d = b->diff;

	for (size_t i = 0; i < d->changes && b->options->verbose; i++)
		fprintf(stderr, "opus-build: %s:%s: %s: %s%s%s\n",
			d->change[i].place.file, d->change[i].place.line,
			d->change[i].name, why[d->change[i].why],
			d->change[i].because ? d->change[i].because : "",
			d->change[i].present ? "" : " (no function of its own)");
}

enum opus_code pass_closure(struct build *b, struct opus_error *err)
{
	struct closure c = {.b = b};
	struct diff *d = b->diff;
	bool any = false;
	enum opus_code code = OPUS_OK;

	while (code == OPUS_OK && c.named < d->changes && !build_interrupted) {
		size_t before = d->changes;

		code = facts_make(&c, err);
		for (size_t i = 0; i < before && code == OPUS_OK; i++)
			code = change_close(&c, i, d->change[i].unit->target, err);
	}
	facts_drop(&c);
	for (size_t i = 0; i < d->changes; i++)
		any |= d->change[i].present && !d->change[i].fresh;
	closure_tell(b);
	overridden_leave_out(b);
	absent_tell(b);
	main_leave_out(b);
	twins_compare(b);
	for (size_t i = 0; i < d->changes && code == OPUS_OK; i++)
		meaning_tell(b, &d->change[i]);
	left_out_remove(d);
	if (code == OPUS_OK && !any && !b->reports.refused)
		return error_set(err, OPUS_ALREADY,
				 "none of the functions that %s changes is in %s",
				 b->options->diff, b->target[0]->path);
	return code;
}
