/*
 * fate.c - what becomes of a function or variable of a unit in the patch.
 *
 * Called by:  pass_emit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "fate.h"

#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "lookup.h"
#include "meaning.h"

const char *fate_where(struct build *b, const struct unit *u)
{
	return build_text(b, "%s:%s", b->target[u->target]->name, u->found);
}

const char *fate_name(const struct entity *e)
{
	return strncmp(e->linkage, "_Z", 2) == 0 ? e->linkage : e->name;
}

bool fate_is_labelled(const struct unit *u, const struct entity *f)
{
	const struct entity *d = parse_function(&u->parse_after, f->linkage);

	return d && d->is_static && !d->is_member;
}

/* Find it in the target. Functions: as one, not only inlined or cloned. */
static bool target_find(struct build *b, const struct unit *u,
			const struct entity *e, struct candidates *ret)
{
	bool local = e->is_static || unit_exposes(u, e);
	const struct entity *old = NULL;
	const struct unit *from = local ? moved_from(b, u, e, &old) : NULL;
	const char *unit = local ? fate_where(b, from ? from : u)
				 : build_text(b, "%s:", b->target[u->target]->name);

	if (from)
		e = old;
	if (e->kind == ENTITY_FUNCTION)
		lookup_functions(b, fate_name(e), unit, ret);
	else
		lookup_variables(b, fate_name(e), unit,
				 e->kind == ENTITY_LOCAL ? e->owner : LOOKUP_OUTSIDE, ret);
	/* A global of that name is another's, but for members of classes without a name
	 * outside, which clang calls external. Several are refused later, when it is
	 * known which of them are referred to. */
	return ret->count > 0 && !ret->at[0].constant &&
	       !(local && ret->at[0].global && !(e->is_nameless && e->is_member));
}

bool fate_has(struct build *b, const struct unit *u, const struct entity *e)
{
	struct candidates c;

	return target_find(b, u, e, &c);
}

/* Is the global function named by code of the patch, and not in the target: the
 * linker dropped it, since nobody called it? */
static bool is_dropped(struct build *b, struct unit *u, const struct entity *f)
{
	const struct diff *d = b->diff;
	bool named = false;

	for (size_t i = 0; i < d->changes && !named; i++) {
		const struct entity *e =
			d->change[i].unit == u
				? parse_function(&u->parse_after, d->change[i].linkage)
				: NULL;

		named = e && text_calls(&u->after, e->start, e->end, f->name);
	}
	return named && f->is_definition && !u->cxx &&
	       b->target[u->target]->has_symtab && !fate_has(b, u, f);
}

/* Does another unit replace it already? An inline function of C++ is one function
 * for all units that have it, and the linker makes it one in the patch, too. */
static bool is_repeated(const struct diff *d, const struct change *c)
{
	for (const struct change *o = d->change; o < c; o++)
		if (c->unit->cxx && o->unit != c->unit && o->present && !o->fresh &&
		    o->target == c->target && o->entry == c->entry &&
		    strcmp(o->linkage, c->linkage) == 0)
			return true;
	return false;
}

/* Does the linker take calls of it to another, but for those in its own file? */
static bool is_wrapped(const struct build *b, const struct unit *u, const struct entity *f)
{
	const struct object *o = b->target[u->target];

	for (size_t i = 0; i < o->defined; i++)
		if (o->symbol[i].code && object_wraps(o, o->symbol[i].name) &&
		    strcmp(o->symbol[i].name + strlen(OBJECT_WRAP), f->linkage) == 0)
			return f->is_definition;
	return false;
}

enum fate fate_function(struct build *b, struct unit *u, const struct entity *f)
{
	const struct change *c = change_find(b->diff, u, f->linkage);
	const struct entity *d = parse_function(&u->parse_after, f->linkage);

	if (c)
		return c->present && !c->fresh && !is_repeated(b->diff, c)
			       ? FATE_REPLACE
			       : FATE_KEEP;
	if (!d || f->is_template || d->in_class || d->is_template || d->is_inline || unit_is_new(u, d))
		return FATE_KEEP;
	if (d->is_member)
		return d->is_nameless && !fate_has(b, u, d) ? FATE_KEEP : FATE_GONE;
	if (d->is_static || unit_exposes(u, d) || is_wrapped(b, u, d))
		return fate_has(b, u, d) ? FATE_REFER : FATE_KEEP;
	return is_dropped(b, u, d) ? FATE_KEEP : FATE_EXTERN;
}

/* The symbol of the guard of a static variable inside a function, NULL if it
 * has none: it was made before the program started. */
static const struct object_symbol *guard_of(const struct object *o, const char *symbol)
{
	if (strncmp(symbol, "_ZZ", 3) != 0)
		return NULL;
	for (size_t i = 0; i < o->defined; i++)
		if (strncmp(o->symbol[i].name, "_ZGV", 4) == 0 &&
		    strcmp(o->symbol[i].name + 4, symbol + 2) == 0)
			return &o->symbol[i];
	return NULL;
}

static bool local_is_guarded(struct build *b, const struct unit *u,
			     const struct entity *v)
{
	struct candidates c;

	if (!u->cxx || unit_is_new(u, v) || !target_find(b, u, v, &c))
		return false;
	return guard_of(b->target[c.at[0].target], c.at[0].name) != NULL;
}

/* The name of a static variable of a static function, or of its guard, if the function
 * were not static: without the "L" before the name of that ("_ZZL4oncevE4name"). NULL:
 * not to be found. */
static const char *name_global(struct build *b, const struct entity *v, const char *name)
{
	const char *word = build_text(b, "L%zu%s", strlen(v->function), v->function);
	const char *at = strstr(name, word);

	return at ? build_text(b, "%.*s%s", (int)(at - name), name, at + 1) : NULL;
}

/* Is it another unit's as well? The linker would take two of one name for one; of
 * those in anonymous namespaces pass_rename tells. */
static bool is_of_another(const struct build *b, const struct unit *u, const char *name)
{
	for (size_t i = 0; i < b->musts; i++)
		if (b->must[i].unit != u && strcmp(b->must[i].name, name) == 0)
			return true;
	return false;
}

static bool must_add(struct build *b, const struct unit *u, const struct note_place *place,
		     const char *name, const char *made)
{
	struct must_have *grown;

	if (made && is_of_another(b, u, name))
		return false;
	grown = build_grow(b->must, b->musts, sizeof(*grown));
	if (!grown)
		return false;
	b->must = grown;
	grown[b->musts++] = (struct must_have){*place, name, made, u};
	return true;
}

/* The patch is to find both, variable and guard, under the target's names. False if it
 * cannot: they have no names that tell. */
static bool must_have(struct build *b, const struct unit *u, const struct entity *v,
		      const struct entity *f, const struct note_place *place)
{
	struct candidates c;
	const char *name, *guard, *made = NULL, *made_guard = NULL;

	if (!target_find(b, u, v, &c))
		return true;
	name = build_text(b, "%s", c.at[0].name);
	guard = guard_of(b->target[c.at[0].target], name)->name;
	if (f->is_static_word) {
		made = name_global(b, v, name);
		made_guard = name_global(b, v, guard);
		if (!made || !made_guard)
			return false;
	}
	return must_add(b, u, place, name, made) && must_add(b, u, place, guard, made_guard);
}

bool fate_is_guarded(struct build *b, const struct unit *u, const struct entity *f)
{
	const struct parse *p = &u->parse_after;

	for (size_t i = 0; u->cxx && i < p->entities; i++)
		if (p->entity[i].kind == ENTITY_LOCAL &&
		    strcmp(p->entity[i].owner, f->linkage) == 0 &&
		    local_is_guarded(b, u, &p->entity[i]))
			return true;
	return false;
}

/* The declaration of a variable that counts: the one with a value. */
static const struct entity *variable_main(const struct parse *p,
					  const struct entity *v)
{
	const struct entity *best = NULL;

	for (const struct entity *o = parse_find(p, v->name, strlen(v->name)); o;
	     o = parse_next(p, o))
		if (o->kind == v->kind && strcmp(o->linkage, v->linkage) == 0 &&
		    o->is_definition &&
		    (!best || o->end - o->name_at > best->end - best->name_at))
			best = o;
	return best;
}

/* Constant expressions may need it; its value is all there is to it. */
static bool is_plain_constant(const struct unit *u, const struct entity *d)
{
	const struct text *t = &u->after;
	size_t name = text_token_at(t, d->name_at);

	if (!d->is_const || d->is_scalar || !u->cxx)
		return d->is_const && d->is_scalar;
	if (!d->is_record || strchr(d->detail, '('))
		return true; /* of a type without a name, which no other unit has */
	for (size_t i = text_token_at(t, d->start); i < name; i++)
		if (token_is(t, i, "constexpr"))
			return true;
	return false;
}

/* A static of that name, inside some function of the target. */
static bool target_has_local(const struct object *o, const char *name)
{
	char wanted[128];
	int n = snprintf(wanted, sizeof(wanted), "E%zu%s", strlen(name), name);

	for (size_t i = 0; i < o->defined && n < (int)sizeof(wanted); i++) {
		const char *s = o->symbol[i].name, *at = strstr(s, wanted);

		if (at && strncmp(s, "_ZZ", 3) == 0 && (at[n] == 0 || strchr("_B", at[n])))
			return true;
	}
	return false;
}

/* The static variable of a function in the old source, or NULL. */
static const struct entity *local_old(const struct unit *u, const struct entity *v)
{
	const struct parse *p = u->same ? &u->parse_after : &u->parse_before;

	for (const struct entity *o = parse_find(p, v->name, strlen(v->name)); o;
	     o = parse_next(p, o))
		if (o->kind == ENTITY_LOCAL && strcmp(o->owner, v->owner) == 0)
			return o;
	return NULL;
}

/* C: did the old function keep something in it that the new one looks for? The compiler
 * drops what nobody reads, and clang makes a byte of what has one of two values. */
static void local_lost(struct build *b, struct unit *u, const struct entity *v)
{
	struct note_place place = entity_place(b, u, &u->after, v);
	const struct entity *old = local_old(u, v);
	const struct entity *f = parse_function(&u->parse_after, v->owner);
	const struct entity *was =
		parse_function(u->same ? &u->parse_after : &u->parse_before, v->owner);

	if (!old || !f || !was || v->is_const || !change_find(b->diff, u, v->owner) ||
	    !meaning_stores(u->same ? &u->after : &u->before, was, old) ||
	    !meaning_reads(&u->after, f, v))
		return;
	build_tell(b, TOPIC_LOST, &place, v->name,
		   "see that its first value is a good one to go on with",
		   "(in %s) is not in %s, or in another form, for the compiler had no use for it: what the old code stored in it is lost",
		   v->function, b->target[u->target]->name);
}

/* A static of a function that changes, which the target was seen to lack: it is
 * so if the compiler dropped it, else it was not found. */
static void local_check(struct build *b, struct unit *u, const struct entity *v)
{
	struct note_place place = entity_place(b, u, &u->after, v);

	if (!u->cxx)
		local_lost(b, u, v);
	else if (change_find(b->diff, u, v->owner) &&
		 target_has_local(b->target[u->target], v->name))
		build_tell(b, TOPIC_COPY, &place, v->name,
			     "leave this function as it is, and replace its callers",
			     "(in %s) was not found in %s for certain: the new code would work on a copy of it",
			     v->function, b->target[u->target]->name);
}

/* A function that is neither replaced nor new and names the variable; one that uses its
 * value, if `reads`. */
static const struct entity *other_user(const struct build *b, const struct unit *u,
				       const struct entity *v, bool reads)
{
	const struct parse *p = &u->parse_after;

	for (size_t i = 0; i < p->entities; i++) {
		const struct entity *f = &p->entity[i];

		if (f->kind == ENTITY_FUNCTION && f->body_at && f->start > v->end &&
		    !change_find(b->diff, u, f->linkage) && !unit_is_new(u, f) &&
		    (reads ? meaning_reads(&u->after, f, v)
			   : meaning_names(&u->after, f, v->name)))
			return f;
	}
	return NULL;
}

/* Does a function that changes use the value? */
static bool is_read(const struct build *b, const struct unit *u, const struct entity *v)
{
	const struct parse *p = &u->parse_after;

	for (size_t i = 0; i < p->entities; i++)
		if (p->entity[i].kind == ENTITY_FUNCTION && p->entity[i].body_at &&
		    change_find(b->diff, u, p->entity[i].linkage) &&
		    meaning_reads(&u->after, &p->entity[i], v))
			return true;
	return false;
}

bool fate_is_stored(const struct unit *u, const struct entity *v)
{
	const struct parse *p = &u->parse_before;

	for (size_t i = 0; !u->same && i < p->entities; i++)
		if (p->entity[i].kind == ENTITY_FUNCTION && p->entity[i].body_at &&
		    meaning_stores(&u->before, &p->entity[i], v))
			return true;
	return false;
}

/* Does a function that changes name the variable, or one that the target has not either
 * and whose first value has its address? */
static bool is_reached(struct build *b, struct unit *u, const struct entity *v, int depth,
		       bool *through)
{
	const struct parse *p = &u->parse_after;

	for (size_t i = 0; i < p->entities; i++) {
		const struct entity *e = &p->entity[i];

		if (e->kind == ENTITY_FUNCTION && e->body_at &&
		    change_find(b->diff, u, e->linkage) &&
		    meaning_names(&u->after, e, v->name))
			return true;
	}
	for (size_t i = 0; i < p->entities && depth < 4; i++) {
		const struct entity *e = &p->entity[i];

		if (e->kind == ENTITY_VARIABLE && e->is_definition &&
		    strcmp(e->name, v->name) != 0 &&
		    range_names(&u->after, e->name_at, e->end, v->name) &&
		    !fate_has(b, u, e) && is_reached(b, u, e, depth + 1, through)) {
			*through = true;
			return true;
		}
	}
	return false;
}

/* Did the linker leave it out, with all code that names it? */
static bool is_left_out(struct build *b, const struct unit *u, const struct entity *v)
{
	struct candidates c;

	target_find(b, u, v, &c);
	return c.count > 0 && c.at[0].dropped;
}

/*
 * The target has no such variable: the compiler took its first value for ever,
 * or dropped what nobody reads. A copy is as good as long as nobody else may
 * use it, or all of them see the first value.
 */
static void absent_check(struct build *b, struct unit *u, const struct entity *v)
{
	struct note_place place = entity_place(b, u, &u->after, v);
	const struct parse *p = &u->parse_after;
	const struct entity *other;
	bool stored = false, named = is_reached(b, u, v, 0, &stored);
	bool read = stored || is_read(b, u, v);

	for (size_t i = 0; i < p->entities && named; i++)
		stored |= p->entity[i].kind == ENTITY_FUNCTION && p->entity[i].body_at &&
			  meaning_stores(&u->after, &p->entity[i], v);
	/* Where all only store it, nobody sees that there are two. */
	other = named && stored ? other_user(b, u, v, !read) : NULL;
	if (other)
		build_tell(b, TOPIC_COPY, &place, v->name,
			     "use a new variable, which the fix alone sets and reads",
			     "is not in %s, for the compiler had no use for it: %s, which is not replaced, does not see what the new code does with it",
			     b->target[u->target]->name, other->name);
	else if (named && read && fate_is_stored(u, v))
		build_tell(b, TOPIC_LOST, &place, v->name,
			     "see that its first value is a good one to go on with",
			     "is not in %s, for the compiler had no use for it: what the old code stored in it is lost",
			     b->target[u->target]->name);
}

/* C++: is there code in the unit's part of the target that makes thread-local
 * variables when a thread first uses one? It cannot be called from outside. */
static bool is_made_by_code(struct build *b, const struct unit *u,
			    const struct entity *v)
{
	const struct object *o = b->target[u->target];
	const char *base = strrchr(u->source, '/') + 1;
	struct note_place place = entity_place(b, u, &u->after, v);

	for (size_t i = 0; i < o->defined; i++)
		if (strcmp(o->symbol[i].name, "__tls_init") == 0 &&
		    strcmp(o->symbol[i].file, base) == 0) {
			build_tell(b, TOPIC_THREAD_LOCAL, &place, v->name,
				     "call a function of the target that returns a reference to it",
				     "is thread-local and made by code when a thread first uses it, which a patch cannot call");
			return true;
		}
	return false;
}

/* Is a place in the code among its first values (&&label)? A function jumps to
 * its own alone. */
static bool has_labels(const struct text *t, const struct entity *v)
{
	size_t end = text_token_at(t, v->end);

	for (size_t i = text_token_at(t, v->name_at) + 2; i + 2 < end; i++)
		if (token_is(t, i, "&") && token_is(t, i + 1, "&") &&
		    t->token[i + 2].kind == TOKEN_WORD &&
		    (token_is(t, i - 1, "{") || token_is(t, i - 1, ",") ||
		     token_is(t, i - 1, "=") || token_is(t, i - 1, "(") ||
		     token_is(t, i - 1, "-")))
			return true;
	return false;
}

bool fate_is_moved(const struct build *b, const struct unit *u, const struct entity *v)
{
	const struct object *o = b->target[u->target];

	if (v->kind != ENTITY_VARIABLE || v->is_static || v->is_nameless || v->is_const)
		return false;
	for (size_t i = 0; i < o->defined; i++)
		if (o->symbol[i].bind == STB_GLOBAL && !o->symbol[i].code &&
		    strcmp(o->symbol[i].name, v->linkage) == 0)
			return true;
	return false;
}

enum fate fate_variable(struct build *b, struct unit *u, const struct entity *v)
{
	const struct entity *d = v->kind == ENTITY_LOCAL
					 ? v
					 : variable_main(&u->parse_after, v);
	const struct entity *old;

	if (d && unit_is_new(u, d) && fate_is_moved(b, u, d))
		return v->is_member ? FATE_GONE : FATE_EXTERN;
	if (!d || (unit_is_new(u, d) && !moved_from(b, u, d, &old)) || (v->is_member && v->in_class))
		return FATE_KEEP;
	if (is_plain_constant(u, d) ||
	    (d->is_const && (v->kind == ENTITY_LOCAL || d->renewed)))
		return FATE_KEEP;
	if (v->kind == ENTITY_LOCAL && has_labels(&u->after, v))
		return FATE_KEEP;
	if (v->kind == ENTITY_LOCAL && u->cxx) {
		const struct entity *f = parse_function(&u->parse_after, v->owner);

		/* The linker finds those of inline functions by name. */
		if (!f || f->in_class || f->is_template ||
		    (f->is_inline && !f->is_static_word))
			return FATE_KEEP;
		if (local_is_guarded(b, u, v)) {
			struct note_place place = entity_place(b, u, &u->after, v);

			if (change_find(b->diff, u, f->linkage) &&
			    !must_have(b, u, v, f, &place))
				build_tell(b, TOPIC_COPY, &place, v->name,
					     "leave this function as it is, and replace its callers",
					     "(in %s, which is static) is made when the function is first called: the new code cannot tell whether that has been",
					     v->function);
			return FATE_KEEP;
		}
	}
	if (u->cxx && d->is_thread && is_made_by_code(b, u, d))
		return FATE_KEEP;
	if (!fate_has(b, u, d)) {
		if (d->kind == ENTITY_LOCAL)
			local_check(b, u, d);
		else if (!d->is_const && !is_left_out(b, u, d))
			absent_check(b, u, d);
		return FATE_KEEP;
	}
	if (d->is_member)
		return FATE_GONE;
	return d->is_static || unit_exposes(u, d) ? FATE_REFER : FATE_EXTERN;
}
