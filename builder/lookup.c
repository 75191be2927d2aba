/*
 * lookup.c - find functions and variables of the targets by name.
 *
 * Called by:  pass_resolve.c, pass_ref.c, pass_hook.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Symbol tables know addresses, sizes and names; DWARF knows in which source
 * file and function they are. Without DWARF the file name of the symbol
 * table's STT_FILE stands in for the path.
 */
#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "demangle.h"
#include "path.h"

/* Split "OBJECT:PATH". False if the target is not the one that was asked for. */
static bool unit_split(const struct object *o, const char **unit)
{
	const char *colon = strchr(*unit, ':');
	size_t n;

	if (!colon)
		return true;
	n = (size_t)(colon - *unit);
	if (strlen(o->name) != n || strncmp(o->name, *unit, n) != 0)
		return false;
	*unit = colon + 1;
	return true;
}

/* `known` is a full path (from DWARF) or a bare file name (from STT_FILE). */
static bool unit_fits(const char *known, bool full, const char *wanted)
{
	const char *base = path_base(wanted);
	size_t n = (size_t)(unit_number(base) - base);

	if (!*wanted)
		return true;
	return full ? unit_matches(known, wanted)
		    : *known && strncmp(path_base(known), base, n) == 0 && !path_base(known)[n];
}

/* Which of too many is to be kept. A global of a name is one or none; that there are
 * many statics is all that is said of them. */
static int rank(const struct candidate *c)
{
	return c->constant ? 0 : c->global ? 2 : 1;
}

void candidates_add(struct candidates *c, const struct candidate *new)
{
	struct candidate *least = NULL;

	for (size_t i = 0; i < c->count; i++) {
		struct candidate *old = &c->at[i];

		if (old->target != new->target || old->address != new->address ||
		    old->tls != new->tls ||
		    old->constant || new->constant)
			continue;
		old->global |= new->global;
		if (new->size > old->size)
			old->size = new->size;
		if (!*old->unit)
			old->unit = new->unit;
		return;
	}
	if (c->count < LOOKUP_MAX) {
		c->at[c->count++] = *new;
		return;
	}
	for (size_t i = 0; i < c->count; i++)
		if (!least || rank(&c->at[i]) < rank(least))
			least = &c->at[i];
	if (rank(new) > rank(least))
		*least = *new;
}

/* Within an anonymous namespace GCC marks what is static as well with an L, and
 * clang does not. */
static bool marks_same(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += *a == 'L' && a[1] >= '0' && a[1] <= '9';
		b += *b == 'L' && b[1] >= '0' && b[1] <= '9';
		if (*a != *b || *a == 0)
			return *a == *b;
	}
}

static bool may_be_tagged(const char *s)
{
	for (s = strchr(s, 'B'); s; s = strchr(s + 1, 'B'))
		if (s[1] >= '0' && s[1] <= '9')
			return true;
	return false;
}

/* Names of what other units do not see; tags may be in one of them alone, see
 * linkage_untag(). */
static bool mangled_same(const char *a, const char *b)
{
	CLEANUP(cleanup_free) char *x = NULL, *y = NULL;

	if (strncmp(a, "_Z", 2) != 0 || strncmp(b, "_Z", 2) != 0)
		return false;
	if (may_be_tagged(a) == may_be_tagged(b))
		return marks_same(a, b);
	x = strdup(a);
	y = strdup(b);
	if (!x || !y)
		return false;
	linkage_untag(x);
	linkage_untag(y);
	return marks_same(x, y);
}

/* "name@VERSION" asks for that version, a bare name for the default one. */
static bool symbol_fits(const struct object_symbol *s, const char *wanted,
			bool demangle)
{
	const char *at = strchr(wanted, '@');
	size_t n = strlen(wanted);

	/* Link-time optimisation numbers the statics of one name. */
	if (strncmp(s->name, wanted, n) == 0 &&
	    strncmp(s->name + n, ".lto_priv.", 10) == 0)
		return true;

	if (at && at != wanted)
		return strncmp(s->name, wanted, (size_t)(at - wanted)) == 0 &&
		       s->name[at - wanted] == 0 &&
		       strcmp(s->version, at + strspn(at, "@")) == 0;
	if (s->not_default)
		return false;
	return demangle ? name_matches(s->name, wanted)
			: strcmp(s->name, wanted) == 0 ||
				  (s->bind == STB_LOCAL && mangled_same(s->name, wanted));
}

static void functions_in(const struct build *b, size_t target, const char *name,
			 const char *unit, bool demangle, struct candidates *ret)
{
	const struct object *o = b->target[target];

	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];
		const struct facts_function *f;
		struct candidate c = {.target = target, .name = s->name,
				      .address = s->value, .size = s->size,
				      .type = s->type,
				      .global = s->bind != STB_LOCAL};

		if (!s->code || !symbol_fits(s, name, demangle))
			continue;
		f = b->facts[target] ? facts_function_at(b->facts[target], s->value)
				     : NULL;
		c.unit = f ? f->unit : s->file;
		/* Not all have a description: not what the compiler made a jump to an
		 * equal function, and nothing of a file without debug information. */
		c.global |= f ? f->external : object_shares(s);
		if (unit_fits(c.unit, f != NULL, unit))
			candidates_add(ret, &c);
	}
}

void lookup_functions(const struct build *b, const char *name, const char *unit,
		      struct candidates *ret)
{
	ret->count = 0;
	/* Demangling every symbol is slow: only if the plain name is nobody's. */
	for (int demangle = 0; demangle < 2 && ret->count == 0; demangle++)
		for (size_t i = 0; i < b->targets; i++) {
			const char *path = unit;

			if (unit_split(b->target[i], &path))
				functions_in(b, i, name, path, demangle, ret);
		}
}

/* An abstract description without an address may stand beside the concrete
 * one (link-time optimisation): only if it is alone was the variable removed. */
static void candidates_drop_constant(struct candidates *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++)
		kept += !c->at[i].constant;
	if (kept == 0) {
		c->count = c->count > 0;
		return;
	}
	kept = 0;
	for (size_t i = 0; i < c->count; i++)
		if (!c->at[i].constant)
			c->at[kept++] = c->at[i];
	c->count = kept;
}

/* "hits.0" and "hits.1234" are function-local statics named hits. */
static bool local_static_fits(const char *symbol, const char *name)
{
	size_t n = strlen(name);

	return strncmp(symbol, name, n) == 0 && symbol[n] == '.' &&
	       symbol[n + 1] != 0 &&
	       strspn(symbol + n + 1, "0123456789") == strlen(symbol + n + 1);
}

/* "_ZN1n5stateE" and "_ZZN1K1oEiE5state_0" are C++ variables named state. */
static bool mangled_fits(const char *symbol, const char *name)
{
	char wanted[128];
	int n = snprintf(wanted, sizeof(wanted), "%zu%s", strlen(name), name);
	const char *at;

	if (strncmp(symbol, "_Z", 2) != 0 || n >= (int)sizeof(wanted))
		return false;
	for (at = strstr(symbol, wanted); at; at = strstr(at + 1, wanted))
		if (at[n] == 0 || strchr("E_B.", at[n]))
			return true;
	return false;
}

/* The symbol of a variable that DWARF placed at an address, or NULL. Section
 * marks such as __TMC_END__ may lie at the same address. */
static const struct object_symbol *data_symbol_at(const struct object *o,
						  const struct facts_variable *v)
{
	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];

		if (s->value == v->address && !s->code && (s->type == STT_TLS) == v->tls &&
		    (strcmp(s->name, v->name) == 0 ||
		     strcmp(s->name, v->linkage) == 0 ||
		     local_static_fits(s->name, v->name) ||
		     mangled_fits(s->name, v->name)))
			return s;
	}
	return NULL;
}

/* Has the linker left it out (--gc-sections)? The description stays, with the address
 * 0. As a place in thread-local data that may be right; a symbol tells, and of statics
 * there may be none (-x). */
static bool is_dropped(const struct object *o, const struct facts_variable *v,
		       const struct object_symbol *s)
{
	bool other = !object_has_tls(o);
	size_t n = strlen(v->name);

	if (v->constant || s)
		return false;
	if (!v->tls)
		return !object_has(o, v->address);
	for (size_t i = 0; i < o->defined && v->address == 0; i++) {
		s = &o->symbol[i];
		/* _TLS_MODULE_BASE_ has no size. */
		if (s->type != STT_TLS || s->value != 0 || s->size == 0)
			continue;
		/* Link-time optimisation numbers statics. */
		if (strncmp(s->name, v->name, n) == 0 && s->name[n] == '.')
			return false;
		other = true;
	}
	return v->address == 0 && other;
}

/* Is the variable inside that function? Of a C++ function that is static the
 * debug information has no mangled name; the variable's symbol begins with it. */
static bool function_fits(const struct facts_variable *v,
			  const struct object_symbol *s, const char *function)
{
	size_t n = strlen(function);

	if (!*function || strcmp(v->function, function) == 0)
		return true;
	return n > 2 && s && strncmp(function, "_Z", 2) == 0 &&
	       strncmp(s->name, "_ZZ", 3) == 0 &&
	       strncmp(s->name + 3, function + 2, n - 2) == 0 &&
	       s->name[n + 1] == 'E';
}

/* `local` asks for statics inside functions, else for those of whole files.
 * `line` 0: any. */
static void variables_by_facts(const struct build *b, size_t target,
			       const char *name, const char *unit,
			       const char *function, int line, bool local,
			       struct candidates *ret)
{
	const struct facts *f = b->facts[target];

	for (size_t i = 0; f && i < f->variables; i++) {
		const struct facts_variable *v = &f->variable[i];
		const struct object_symbol *s;
		struct candidate c = {.target = target, .name = name,
				      .unit = v->unit, .address = v->address,
				      .type = STT_OBJECT, .global = v->external,
				      .tls = v->tls, .constant = v->constant};

		if (local != (*v->function != 0) || !unit_matches(v->unit, unit))
			continue;
		s = v->constant ? NULL : data_symbol_at(b->target[target], v);
		if (strcmp(v->name, name) != 0 &&
		    !(*v->linkage && name_matches(v->linkage, name)) &&
		    !(s && mangled_same(s->name, name)))
			continue;
		if (!function_fits(v, s, function) || (line && line != v->line))
			continue;
		if (s) {
			c.name = s->name;
			c.size = s->size;
		}
		c.dropped = is_dropped(b->target[target], v, s);
		c.constant |= c.dropped;
		candidates_add(ret, &c);
	}
}

/* Has the debug information said that what the symbol names is not the variable as its
 * type has it? */
static bool is_coded(const struct facts *f, const struct object_symbol *s)
{
	for (size_t i = 0; f && i < f->variables; i++)
		if (f->variable[i].coded && f->variable[i].address == s->value)
			return true;
	return false;
}

static void variables_by_symbols(const struct build *b, size_t target,
				 const char *name, const char *unit, bool local,
				 struct candidates *ret)
{
	const struct object *o = b->target[target];

	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];
		struct candidate c = {.target = target, .name = s->name,
				      .unit = s->file, .address = s->value,
				      .size = s->size, .type = s->type,
				      .global = s->bind != STB_LOCAL,
				      .tls = s->type == STT_TLS};

		if (s->code || (s->type != STT_OBJECT && s->type != STT_TLS &&
				s->type != STT_NOTYPE))
			continue;
		if (local ? !local_static_fits(s->name, name)
			  : !symbol_fits(s, name, false))
			continue;
		if (is_coded(b->facts[target], s))
			continue;
		if (unit_fits(s->file, false, unit) || (c.global && !local))
			candidates_add(ret, &c);
	}
}

/* May the symbols know more? An alias is described without an address. What the linker
 * left out of a source file is not what another file of that name has. */
static bool may_have_symbol(const struct candidates *c, size_t from, const char *unit)
{
	while (from < c->count && c->at[from].constant &&
	       !(c->at[from].dropped && *unit))
		from++;
	return from == c->count;
}

void lookup_variables(const struct build *b, const char *name, const char *unit,
		      const char *function, struct candidates *ret)
{
	bool outside = strcmp(function, LOOKUP_OUTSIDE) == 0;
	const char *colon = strrchr(function, ':');
	int line = colon ? atoi(colon + 1) : 0;
	CLEANUP(cleanup_free) char *inside =
		strndup(outside ? "" : function,
			line ? (size_t)(colon - function) : strlen(function));

	ret->count = 0;
	if (!inside)
		return;
	for (size_t i = 0; i < b->targets; i++) {
		const char *path = unit;
		size_t before = ret->count;

		if (!unit_split(b->target[i], &path))
			continue;
		/* What lies inside a function is meant if the author says so,
		 * or if nothing else has the name. Symbols do not tell in which
		 * function a variable lies; debug information does. */
		for (int local = *function && !outside; local < 1 + !outside; local++) {
			if (ret->count == before)
				variables_by_facts(b, i, name, path, inside,
						   line, local, ret);
			if (may_have_symbol(ret, before, path) &&
			    !(local && *function && b->target[i]->dwarf))
				variables_by_symbols(b, i, name, path, local, ret);
		}
		candidates_drop_constant(ret);
	}
}

const char *candidates_text(struct build *b, const struct candidates *c)
{
	const char *text = "";

	for (size_t i = 0; i < c->count; i++)
		text = build_text(b, "%s%s%s (%s%sin %s at 0x%llx)", text,
				  i ? ", " : "", c->at[i].name, c->at[i].unit,
				  *c->at[i].unit ? " " : "",
				  b->target[c->at[i].target]->name,
				  (unsigned long long)c->at[i].address);
	return text;
}

/* ".constprop.0" of "NAME.constprop.0", or NULL. */
static const char *clone_suffix(const char *symbol)
{
	static const char *const kinds[] = {".constprop.", ".isra.", ".part.",
					    ".lto_priv."};
	const char *dot = strchr(symbol, '.');

	for (size_t k = 0; dot && k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (strncmp(dot, kinds[k], strlen(kinds[k])) == 0 &&
		    !strstr(dot, ".cold"))
			return dot;
	return NULL;
}

const char *lookup_clones(struct build *b, size_t target, const char *name,
			  uint64_t *first)
{
	const struct object *o = b->target[target];
	const char *text = "";

	for (size_t i = 0; i < o->defined; i++) {
		const char *s = o->symbol[i].name;
		const char *dot = o->symbol[i].code && !o->symbol[i].dynamic
					  ? clone_suffix(s)
					  : NULL;

		if (!dot ||
		    !name_matches(build_text(b, "%.*s", (int)(dot - s), s), name))
			continue;
		*first = o->symbol[i].value;
		text = build_text(b, "%s%s%s", text, *text ? ", " : "", s);
	}
	return text;
}
