/*
 * namesake.c - functions of one name in several source files of a target.
 *
 * Called by:  pass_closure.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Of a weak function and another of its name the linker takes the other, and so with
 * --allow-multiple-definition the first. What it did not take stays in the target, and
 * the debug information describes both; nobody calls it, and the name is not its own.
 */
#include "namesake.h"

#include <string.h>

bool namesake_has_code(const struct object *o, const struct facts_function *fn)
{
	return object_is_code(o, fn->entry) && object_has(o, fn->entry);
}

static const char *name_of(const struct facts_function *fn)
{
	return *fn->linkage ? fn->linkage : fn->name;
}

const char *namesake_symbol(const struct object *o, const struct facts_function *fn)
{
	const char *own = name_of(fn), *found = NULL;

	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];

		if (s->value != fn->entry || !s->code || s->type != STT_FUNC)
			continue;
		if (strcmp(s->name, own) == 0)
			return s->name;
		if (!found || (strchr(found, '.') && !strchr(s->name, '.')))
			found = s->name;
	}
	return found;
}

/* Has other code of the target the name? */
static bool is_elsewhere(const struct object *o, const struct facts_function *fn)
{
	for (size_t i = 0; i < o->defined; i++)
		if (o->symbol[i].code && object_shares(&o->symbol[i]) &&
		    !o->symbol[i].not_default && o->symbol[i].value != fn->entry &&
		    strcmp(o->symbol[i].name, name_of(fn)) == 0)
			return true;
	return false;
}

/* Does `fn` describe the changed function, as its own source file has it? */
static bool is_own(const struct change *c, const struct facts_function *fn)
{
	return fn->external && !c->is_static &&
	       change_is(c, fn->name, fn->linkage, fn->unit, fn->external) &&
	       strcmp(fn->unit, c->unit->found) == 0;
}

bool namesake_overrides(const struct object *o, const struct facts *f,
			const struct change *c)
{
	bool found = false;

	for (size_t i = 0; i < f->functions; i++) {
		const struct facts_function *fn = &f->function[i];
		bool code;

		if (!is_own(c, fn))
			continue;
		code = namesake_has_code(o, fn);
		if (code && namesake_symbol(o, fn))
			return false;
		/* Of an inline function of C++ the linker takes any, and drops the rest. */
		found |= (code || !c->unit->cxx) && is_elsewhere(o, fn);
	}
	return found;
}

bool namesake_is_other(const struct object *o, const struct facts *f,
		       const struct change *c, const struct facts_function *fn)
{
	if (strcmp(fn->unit, c->unit->found) == 0)
		return false;
	for (size_t i = 0; i < f->functions; i++) {
		const struct facts_function *own = &f->function[i];
		const char *symbol;

		if (own->entry == fn->entry || !is_own(c, own) ||
		    strcmp(name_of(own), name_of(fn)) != 0 || !namesake_has_code(o, own))
			continue;
		symbol = namesake_symbol(o, own);
		if (symbol && !clone_suffix_of(symbol))
			return true;
	}
	return false;
}
