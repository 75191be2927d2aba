/*
 * compare.c - what differs in a unit, and which functions that concerns.
 *
 * Called by:  pass_compare.c, pass_closure.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A function changes if its tokens do, or if something that it names means
 * something else: an enumerator, a type, constant data, a prototype. What
 * exists in the process and cannot be made anew there, the layout of objects
 * and the values of variables, is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "compare.h"
#include "span.h"

static size_t first_token(const struct text *t, uint32_t at)
{
	return text_token_at(t, at);
}

bool range_same(const struct compare *c, uint32_t old_start, uint32_t old_end,
		uint32_t new_start, uint32_t new_end)
{
	size_t i = first_token(&c->u->before, old_start);
	size_t i_end = first_token(&c->u->before, old_end);
	size_t k = first_token(&c->u->after, new_start);
	size_t k_end = first_token(&c->u->after, new_end);

	return tokens_same(c->old, i, i_end, c->new, k, k_end) &&
	       pragmas_same(c, i, i_end, k, k_end);
}

struct change *change_find(const struct diff *d, const struct unit *u,
			   const char *linkage)
{
	for (size_t i = 0; i < d->changes; i++)
		if (d->change[i].unit == u &&
		    strcmp(d->change[i].linkage, linkage) == 0)
			return &d->change[i];
	return NULL;
}

enum opus_code change_add(struct build *b, struct unit *u,
			  const struct entity *e, enum change_why why,
			  const char *because, struct opus_error *err)
{
	struct diff *d = b->diff;
	struct change *grown;

	if (change_find(d, u, e->linkage))
		return OPUS_OK;
	grown = build_grow(d->change, d->changes, sizeof(*grown));
	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	d->change = grown;
	grown[d->changes++] = (struct change){
		.unit = u,
		.name = e->name,
		.linkage = e->linkage,
		.is_static = e->is_static,
		.why = why,
		.because = because,
		.place = entity_place(b, u, &u->after, e),
	};
	return OPUS_OK;
}

bool range_names(const struct text *t, uint32_t start, uint32_t end, const char *word)
{
	size_t last = text_token_at(t, end);

	for (size_t i = text_token_at(t, start); i < last; i++)
		if (t->token[i].kind == TOKEN_WORD && token_is(t, i, word) && !is_member(t, i))
			return true;
	return false;
}

bool text_calls(const struct text *t, uint32_t start, uint32_t end, const char *word)
{
	size_t last = text_token_at(t, end);

	for (size_t i = text_token_at(t, start); i < last; i++)
		if (t->token[i].kind == TOKEN_WORD && token_is(t, i, word) &&
		    token_is(t, i + 1, "("))
			return true;
	return false;
}

/* An inline function that another unit makes may be in the code of this one. */
static enum opus_code change_make(struct compare *c, const struct entity *e,
				  enum change_why why, const char *because,
				  struct opus_error *err)
{
	if (!odr_is_made(c->b->diff, c->u, e))
		return change_add(c->b, c->u, e, why, because, err);
	c->made = e->name;
	return OPUS_OK;
}

enum opus_code users_add(struct compare *c, const char *word, struct opus_error *err)
{
	const struct parse *p = &c->u->parse_after;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < p->entities && code == OPUS_OK; i++) {
		const struct entity *e = &p->entity[i];

		if (e->kind == ENTITY_FUNCTION && e->is_definition &&
		    strcmp(e->name, word) != 0 &&
		    parse_function(&c->u->parse_before, e->linkage) &&
		    range_names(&c->u->after, e->start, e->end, word))
			code = change_make(c, e, CHANGE_USES, word, err);
	}
	return code;
}

struct entity *counterpart(const struct parse *p, const struct entity *e)
{
	struct entity *best = NULL;

	for (struct entity *o = parse_find(p, e->name, strlen(e->name)); o;
	     o = parse_next(p, o)) {
		if (o->kind != e->kind || strcmp(o->linkage, e->linkage) != 0 ||
		    o->is_template != e->is_template ||
		    (e->kind == ENTITY_LOCAL && strcmp(o->owner, e->owner) != 0))
			continue;
		if (!best || (o->is_definition && !best->is_definition) ||
		    (o->is_definition == best->is_definition &&
		     o->end - o->name_at > best->end - best->name_at))
			best = o;
	}
	return best;
}

/* Words in front of a function that say nothing about its code. */
static bool is_storage(const struct text *t, size_t i)
{
	return token_is(t, i, "static") || token_is(t, i, "extern") ||
	       token_is(t, i, "inline") || token_is(t, i, "__inline") ||
	       token_is(t, i, "__inline__");
}

/* Function definitions, without those words. */
static bool function_same(const struct compare *c, const struct entity *old,
			  const struct entity *new)
{
	size_t i = text_token_at(&c->u->before, old->start);
	size_t k = text_token_at(&c->u->after, new->start);
	size_t i_name = text_token_at(&c->u->before, old->name_at);
	size_t k_name = text_token_at(&c->u->after, new->name_at);

	for (;;) {
		while (i < i_name && is_storage(c->old, i))
			i++;
		while (k < k_name && is_storage(c->new, k))
			k++;
		if (i >= i_name || k >= k_name)
			break;
		if (!token_same(c->old, i++, c->new, k++))
			return false;
	}
	return i == i_name && k == k_name &&
	       range_same(c, old->name_at, old->end, new->name_at, new->end);
}

bool details_same(const struct entity *a, const struct entity *b)
{
	return strcmp(a->detail ? a->detail : "", b->detail ? b->detail : "") == 0;
}

/* Templates have no mangled names: one of the name that is the same will do. */
static void template_compare(struct compare *c, const struct entity *new)
{
	const struct parse *p = &c->u->parse_before;
	const struct entity *old = parse_find(p, new->name, strlen(new->name));
	struct note_place place;
	bool known = false;

	for (; old; old = parse_next(p, old)) {
		known |= old->kind == ENTITY_FUNCTION;
		if (old->kind == ENTITY_FUNCTION && function_same(c, old, new))
			return;
	}
	if (!known)
		return;
	place = entity_place(c->b, c->u, &c->u->after, new);
	build_tell(c->b, TOPIC_TEMPLATE, &place, new->name,
		     "replace the functions that use it, by hand",
		     "is a template, or a member of one: its instances are in every function that uses it");
}

/* C++ overloads may share an assembler name, as memchr() of glibc's headers:
 * is any of the old ones like this? */
static bool has_same(const struct compare *c, const struct entity *new)
{
	const struct parse *p = &c->u->parse_before;

	for (struct entity *o = parse_find(p, new->name, strlen(new->name)); o;
	     o = parse_next(p, o))
		if (o->kind == new->kind && o->is_definition &&
		    o->is_template == new->is_template &&
		    strcmp(o->linkage, new->linkage) == 0 &&
		    function_same(c, o, new))
			return true;
	return false;
}

/* An inline function of a header that nothing in this unit uses is nothing to its
 * code. Of all the units that have it so, one stays, for it to be told of. */
static bool is_idle(const struct compare *c, const struct entity *old,
		    const struct entity *new)
{
	const struct diff *d = c->b->diff;
	struct note_place place;

	if (c->u->cxx || !new->is_static || !new->is_inline ||
	    text_has_word(&c->u->before, old->name, old->start, old->end) ||
	    text_has_word(&c->u->after, new->name, new->start, new->end))
		return false;
	place = entity_place(c->b, c->u, &c->u->after, new);
	for (size_t i = 0; i < d->changes; i++)
		if (d->change[i].unit->target == c->u->target &&
		    strcmp(d->change[i].linkage, new->linkage) == 0 &&
		    strcmp(d->change[i].place.file, place.file) == 0 &&
		    strcmp(d->change[i].place.line, place.line) == 0)
			return true;
	return false;
}

/* Was a declaration there that says the same of how it is called? One without
 * parameters, as before prototypes, says less than the definition does. */
static bool is_called_same(const struct compare *c, const struct entity *old,
			   const struct entity *new)
{
	const struct parse *p = &c->u->parse_before;

	if (details_same(old, new) || new->is_definition)
		return details_same(old, new);
	for (struct entity *o = parse_find(p, new->name, strlen(new->name)); o;
	     o = parse_next(p, o))
		if (o->kind == new->kind && strcmp(o->linkage, new->linkage) == 0 &&
		    !o->is_definition && details_same(o, new))
			return true;
	return false;
}

static enum opus_code function_compare(struct compare *c, struct entity *new,
				       struct opus_error *err)
{
	struct entity *old = counterpart_old(c, new);
	struct change *change;
	enum opus_code code = OPUS_OK;
	bool passed;

	if (!old)
		overload_doubt(c, new, &c->u->parse_before);
	if (!old && !is_numbered(c, new))
		added_tell(c, new);
	if (new->is_template) {
		template_compare(c, new);
		return OPUS_OK;
	}
	if (!old || is_numbered(c, new))
		return OPUS_OK;
	alias_tell(c, new);
	passed = is_called_same(c, old, new);
	if (!passed)
		code = users_add(c, new->name, err);
	if (passed && !new->is_definition)
		declaration_doubt(c, new);
	if (code != OPUS_OK || !new->is_definition || !old->is_definition ||
	    (passed && (has_same(c, new) || is_idle(c, old, new))))
		return code;
	if (passed)
		return change_make(c, new, CHANGE_TEXT, NULL, err);
	code = change_add(c->b, c->u, new, CHANGE_TEXT, NULL, err);
	change = change_find(c->b->diff, c->u, new->linkage);
	if (change)
		change->fresh = true;
	return code;
}

static enum opus_code type_compare(struct compare *c, struct entity *new,
				   struct opus_error *err)
{
	/* What has no name would be compared with any other that has none; it goes by
	 * the name that its typedef gives it, or with what it is a part of. */
	struct entity *old = *new->name ? counterpart_old(c, new) : NULL;

	if (old && new->kind != ENTITY_ENUMERATOR && laid_same(old, new)) {
		declaration_doubt(c, new);
		laid_renamed(c, old, new);
	}
	/* Incomplete and dependent types have no size. */
	if (!old || laid_same(old, new) ||
	    (new->kind != ENTITY_ENUMERATOR && (old->size < 0 || new->size < 0)))
		return OPUS_OK;
	if (new->kind == ENTITY_ENUMERATOR)
		return enumerator_renew(c, old, new, err);
	/* A type that holds the changed one is as it was, but for its size; not so
	 * if that is a type of functions, which has no objects itself. */
	if (!c->told && !laid_calls(old, new) && declaration_same(c, old, new)) {
		if (!c->held[0]) {
			c->held[0] = old;
			c->held[1] = new;
		}
		return OPUS_OK;
	}
	if (!new->is_template && !laid_has_name(&c->u->parse_after, new))
		laid_refuse(c, old, new);
	return OPUS_OK;
}

void variable_refuse(struct compare *c, const struct entity *old,
		     const struct entity *new)
{
	struct note_place place = entity_place(c->b, c->u, &c->u->after, new);
	const char *name = new->kind == ENTITY_LOCAL
				   ? build_text(c->b, "%s (in %s)", new->name,
						new->function)
				   : new->name;

	if (old->size != new->size)
		build_tell(c->b, TOPIC_VARIABLE_SIZE, &place, name,
			     "leave it as it is, and add a variable beside it",
			     "is a variable that exists, of %lld bytes, and would have %lld",
			     (long long)old->size, (long long)new->size);
	else if (hooks_name(c->b, c->u->target, new->name))
		build_remark(c->b, &place, name, "gets another first value, which a hook is to see to");
	else
		build_tell(c->b, TOPIC_FIRST_VALUE, &place, name,
			     "set it in a post_apply hook (OPUS_HOOK) in a source of its own, given with --hook, or leave this change out of the diff",
			     "gets another first value, but it exists already: it was set when the program started, and may have changed since");
}

/* What compilers make of the variable before and after; NULL: not known. */
static enum opus_code values_find(struct compare *c, const struct entity *v,
				  const struct shape **old, const struct shape **new,
				  struct opus_error *err)
{
	const char *symbol = v->kind == ENTITY_LOCAL ? v->name : v->linkage;
	enum opus_code code = OPUS_OK;

	if (!c->valued)
		code = values_read(c->b, c->u, &c->old_values, &c->new_values, err);
	c->valued = true;
	*old = shapes_find(&c->old_values, symbol);
	*new = shapes_find(&c->new_values, symbol);
	return code;
}

enum opus_code value_compare(struct compare *c, const struct entity *v, bool *ret,
			     struct opus_error *err)
{
	const struct shape *old, *new;
	enum opus_code code = values_find(c, v, &old, &new, err);

	*ret = old && new && old->sum == new->sum;
	return code;
}

/* A static variable that nothing writes is constant, whatever it is called. Of one
 * whose values the compiler has put into the code there is nothing left. */
static enum opus_code constant_find(struct compare *c, struct entity *v,
				    struct entity *before, struct opus_error *err)
{
	const struct shape *old, *new;
	enum opus_code code;

	if (c->u->cxx || !v->is_static || !before->is_static || v->is_thread ||
	    (v->is_const && before->is_const))
		return OPUS_OK;
	code = values_find(c, v, &old, &new, err);
	if (c->old_values.count && c->new_values.count && (!old || old->constant) &&
	    (!new || new->constant))
		v->is_const = before->is_const = true;
	return code;
}

/* Is it another type of number, of the same bytes? */
static bool is_retyped(const struct compare *c, const struct entity *old,
		       const struct entity *new)
{
	const char *a = old->detail, *b = new->detail;

	return old->is_scalar && new->is_scalar && old->size == new->size &&
	       !strpbrk(a, "*[(") && !strpbrk(b, "*[(") && !strstr(a, "float") &&
	       !strstr(b, "float") && !strstr(a, "double") && !strstr(b, "double") &&
	       old->is_const == new->is_const && old->is_thread == new->is_thread &&
	       range_same(c, old->name_at, old->end, new->name_at, new->end);
}

/* One for all threads is not one for each: who uses it is not told by any text. */
static void thread_refuse(struct compare *c, const struct entity *new)
{
	struct note_place place = entity_place(c->b, c->u, &c->u->after, new);

	build_tell(c->b, TOPIC_THREAD_LOCAL, &place, new->name,
		   "leave it as it is, and add a variable beside it",
		   new->is_thread ? "is a variable that exists, one for all threads, and would be one for each"
				  : "is a variable that exists, one for each thread, and would be one for all");
}

static enum opus_code alignment_refuse(struct compare *c, const struct entity *new)
{
	struct note_place place = entity_place(c->b, c->u, &c->u->after, new);

	build_tell(c->b, TOPIC_LAYOUT, &place, new->name,
		   "leave it as it is, and copy what has to be aligned",
		   "would be aligned in another way: the one that exists stays where it is");
	return OPUS_OK;
}

static enum opus_code variable_compare(struct compare *c, struct entity *new,
				       struct opus_error *err)
{
	struct entity *old = counterpart_old(c, new);
	enum opus_code code = OPUS_OK;
	bool same = false;

	if (old && !new->is_definition && !old->is_definition)
		declaration_doubt(c, new);
	if (!old && !is_numbered(c, new))
		added_tell(c, new);
	if (!old || !new->is_definition || !old->is_definition)
		return OPUS_OK;
	/* Of several declarations only the one that counts. */
	if (counterpart(&c->u->parse_after, new) != new)
		return OPUS_OK;
	if (!laid_stands(c, old, new))
		return new->is_const ? constant_renew(c, new, err)
				     : alignment_refuse(c, new);
	if (details_same(old, new) && old->is_thread == new->is_thread &&
	    range_same(c, new->is_unnamed ? old->start : old->name_at, old->end,
		       new->is_unnamed ? new->start : new->name_at, new->end))
		return OPUS_OK;
	if (old->is_thread != new->is_thread) {
		thread_refuse(c, new);
		return OPUS_OK;
	}
	if (is_retyped(c, old, new)) {
		c->doubt = new->name;
		return OPUS_OK;
	}
	code = constant_find(c, new, old, err);
	if (code != OPUS_OK)
		return code;
	if (new->kind == ENTITY_LOCAL && !new->is_const &&
	    !change_find(c->b->diff, c->u, new->owner))
		return OPUS_OK;
	if (new->is_const && new->kind == ENTITY_LOCAL)
		return OPUS_OK; /* its function changed, and brings it along */
	/* In C++ a function may set what the object file has as zeros. */
	if (details_same(old, new) && !c->u->cxx)
		code = value_compare(c, new, &same, err);
	if (code != OPUS_OK || same)
		return code;
	if (new->is_const && old->is_const)
		return constant_renew(c, new, err);
	variable_refuse(c, old, new);
	return OPUS_OK;
}

/* Functions that the unit has no longer: who calls one of that name now means
 * another. */
static enum opus_code gone_compare(struct compare *c, struct opus_error *err)
{
	const struct parse *p = &c->u->parse_before;
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < p->entities && code == OPUS_OK; i++) {
		const struct entity *e = &p->entity[i];

		if (e->kind == ENTITY_FUNCTION || e->kind == ENTITY_VARIABLE)
			gone_doubt(c, e);
		if (e->kind != ENTITY_FUNCTION)
			continue;
		if (c->u->cxx && !counterpart(&c->u->parse_after, e))
			overload_doubt(c, e, &c->u->parse_after);
		else if (!c->u->cxx && e->body_at &&
			 !parse_function(&c->u->parse_after, e->linkage))
			code = users_add(c, e->name, err);
	}
	return code;
}

enum opus_code compare_unit(struct build *b, struct unit *u,
			    struct opus_error *err)
{
	struct compare c = {.b = b, .u = u};
	struct parse *p = &u->parse_after;
	enum opus_code code = unit_cut(u, err);

	if (code != OPUS_OK)
		return code;
	c.old = u->before_plain.tokens == u->before.tokens ? &u->before_plain
							  : &u->before;
	c.new = u->after_plain.tokens == u->after.tokens ? &u->after_plain
							 : &u->after;
	aside_compare(&c);
	c.doubt = pragma_differing(&c);
	c.told = c.doubt != NULL;
	if (!c.doubt)
		c.doubt = using_differing(&c);
	if (!c.doubt && inserted_only(&c))
		return OPUS_OK;
	code = unit_parse(u, err);
	for (size_t i = 0; i < p->entities && code == OPUS_OK; i++)
		if (p->entity[i].kind == ENTITY_FUNCTION)
			code = function_compare(&c, &p->entity[i], err);
	for (size_t i = 0; i < p->entities && code == OPUS_OK; i++) {
		struct entity *e = &p->entity[i];

		if (e->kind == ENTITY_RECORD || e->kind == ENTITY_TYPEDEF ||
		    e->kind == ENTITY_ENUMERATOR)
			code = type_compare(&c, e, err);
		else if (e->kind == ENTITY_VARIABLE || e->kind == ENTITY_LOCAL)
			code = variable_compare(&c, e, err);
	}
	/* Or it has another by a number: an enumerator, the size of an enumeration. */
	if (c.held[0] && !c.laid)
		laid_refuse(&c, c.held[0], c.held[1]);
	if (code == OPUS_OK)
		code = gone_compare(&c, err);
	if (code == OPUS_OK && (c.doubt || c.made))
		code = knowledge_add(b, u, c.made ? CHANGE_INLINED : CHANGE_KNOWS,
				     c.made ? c.made : c.doubt, err);
	shapes_deinit(&c.old_values);
	shapes_deinit(&c.new_values);
	return code;
}
