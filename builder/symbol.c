/*
 * symbol.c - what a symbol that the patch refers to stands for.
 *
 * Called by:  pass_ref.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A plain name means, in this order: the function that this very patch
 * replaces (its entry in the target, so that a later patch can take the call
 * over, or whoever has that name in the process in its place); a global of a target,
 * of one that the patch leaves alone only if it exports it; what the patch's own
 * libraries have (libc); what a target imports, or could import, from its
 * libraries; a static of a target, if there is one only. OPUS_REF(name) means
 * a symbol of a target, or what the process has in its place, and no other.
 */
#include "symbol.h"

#include <string.h>

#include "diff.h"
#include "lookup.h"
#include "path.h"

bool symbol_is_linked(const struct image *i, size_t index)
{
	const Elf64_Shdr *s = image_section(i, NULL, SHT_GNU_versym);
	const uint16_t *version = (void *)image_section_data(i, s);

	return version && index < s->sh_size / sizeof(*version) &&
	       (version[index] & 0x7fff) > VER_NDX_GLOBAL;
}

static void found_object(const struct candidate *c, struct found_symbol *ret)
{
	*ret = (struct found_symbol){.kind = PLAN_REF_OBJECT,
				     .target = c->target,
				     .value = c->address,
				     .name = c->name,
				     .version = ""};
}

/*
 * Does the library, asking for what it has itself, get what others have of that name?
 * Its relocations show it, unless it looks into itself first (-Bsymbolic). Where it has
 * not asked yet, those of other functions do: there are none with -Bsymbolic-functions.
 */
static bool is_open(const struct object *o, const struct candidate *c)
{
	if (o->executable || o->symbolic || !c->global)
		return false;
	return c->type == STT_OBJECT || (c->type == STT_FUNC && o->open_functions) ||
	       object_relocates(o, c->name);
}

/* By its own name if that is open, or is a program's, which comes first; else the
 * library's own, by whatever name is exported: in glibc __GI_strlen is strlen for the
 * library itself, and so is all that was linked with -Bsymbolic or is protected. */
static bool found_ifunc(const struct object *o, const struct candidate *c,
			struct found_symbol *ret)
{
	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];

		if (!s->dynamic || s->value != c->address || s->type != STT_GNU_IFUNC)
			continue;
		ret->kind = strcmp(s->name, c->name) == 0 &&
					    (o->executable ||
					     (is_open(o, c) && s->visibility == STV_DEFAULT))
				    ? PLAN_REF_SYMBOL
				    : PLAN_REF_OWN_SYMBOL;
		ret->value = 0;
		ret->name = s->name;
		ret->version = s->version;
		if (ret->kind == PLAN_REF_SYMBOL)
			break;
	}
	return ret->kind != PLAN_REF_OBJECT;
}

/* The symbol of that name by which others can bind to it, or NULL. */
static const struct object_symbol *exported_as(const struct object *o,
					       const struct candidate *c)
{
	for (const struct object_symbol *s = NULL; (s = object_symbol_at(o, c->address, s)) != NULL;)
		if (s->dynamic && strcmp(s->name, c->name) == 0)
			return s;
	return NULL;
}

static bool is_exported(const struct build *b, const struct candidate *c)
{
	return exported_as(b->target[c->target], c) != NULL;
}

/*
 * Refer to it as the target itself does: a program may hold the library's variable
 * (copy relocation) or its own function of that name. An ifunc has to be asked.
 */
static bool found_candidate(struct build *b, const struct candidate *c,
			    struct found_symbol *ret)
{
	const struct object *o = b->target[c->target];
	const struct object_symbol *exported;

	found_object(c, ret);
	if (c->type == STT_GNU_IFUNC)
		return found_ifunc(o, c, ret);
	exported = is_open(o, c) ? exported_as(o, c) : NULL;
	if (exported && exported->visibility == STV_DEFAULT) {
		ret->kind = PLAN_REF_SYMBOL;
		ret->value = 0;
		ret->version = exported->version;
	}
	return true;
}

/* Of a function that was made for several processors, the one for all of them. */
static bool found_default(struct build *b, const struct candidate *c,
			  struct found_symbol *ret)
{
	const struct object *o = b->target[c->target];
	const char *name = build_text(b, "%s.default", c->name);

	for (size_t i = 0; i < o->defined; i++)
		if (strcmp(o->symbol[i].name, name) == 0 && o->symbol[i].code) {
			ret->value = o->symbol[i].value;
			return true;
		}
	return false;
}

static bool is_changed(const struct build *b, size_t target)
{
	for (size_t i = 0; i < b->replaces; i++)
		if (b->replace[i].target == target)
			return true;
	return false;
}

/* Is new code of the target in the patch, for another (split.c)? */
static bool is_lender(const struct build *b, size_t target)
{
	for (size_t i = 0; b->diff && i < b->diff->units; i++)
		if (b->diff->unit[i]->reached && b->diff->unit[i]->target == target)
			return true;
	return false;
}

/* Is it in no process that the patch is for? Two programs never are in one, and what
 * the linker gives a program it has itself, or a library that it needs. */
static bool is_elsewhere(const struct build *b, size_t target)
{
	bool program = false;

	if (is_changed(b, target) || is_lender(b, target))
		return false;
	for (size_t i = 0; i < b->targets; i++) {
		if (!is_changed(b, i))
			continue;
		/* A module takes from whoever opened it. */
		if (!b->target[i]->executable || target_needs(b, i, target))
			return false;
		program = true;
	}
	return program && (b->diff || b->target[target]->executable);
}

typedef bool (*candidate_test)(const struct build *b, const struct candidate *c);

static void candidates_keep(const struct build *b, struct candidates *c,
			    candidate_test test)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++)
		if (test(b, &c->at[i]))
			c->at[kept++] = c->at[i];
	c->count = kept;
}

/* Of several, those, if there are any. */
static void candidates_prefer(const struct build *b, struct candidates *c,
			      candidate_test test)
{
	size_t count = c->count;

	candidates_keep(b, c, test);
	if (c->count == 0)
		c->count = count; /* nothing was moved */
}

static bool is_here(const struct build *b, const struct candidate *c)
{
	return !is_elsewhere(b, c->target);
}

static bool has_address(const struct build *b, const struct candidate *c)
{
	(void)b;
	return !c->constant;
}

static bool is_global(const struct build *b, const struct candidate *c)
{
	(void)b;
	return c->global;
}

/* In an object that this patch changes? */
static bool is_of_changed(const struct build *b, const struct candidate *c)
{
	return is_changed(b, c->target);
}

/* What an object does not export is nobody's but its own, and the new code is that of
 * objects that are changed. */
static bool is_reachable(const struct build *b, const struct candidate *c)
{
	return b->replaces == 0 || is_of_changed(b, c) || is_lender(b, c->target) ||
	       is_exported(b, c);
}

/* In an object that one which this patch changes needs? Whatever a patch refers to has to
 * be in the process. */
static bool is_needed(const struct build *b, const struct candidate *c)
{
	for (size_t t = 0; t < b->targets; t++)
		if (is_changed(b, t) && target_needs(b, t, c->target))
			return true;
	return is_lender(b, c->target);
}

/* In a source file that this patch changes? */
static bool is_of_changed_unit(const struct build *b, const struct candidate *c)
{
	for (size_t k = 0; k < b->replaces; k++)
		if (b->replace[k].target == c->target &&
		    strcmp(path_base(b->replace[k].found_unit), path_base(c->unit)) == 0)
			return true;
	return false;
}

/* Functions and variables of that name; a function found makes a variable of
 * the same name unlikely, but both count. */
static void lookup_all(const struct build *b, const char *name, const char *unit,
		       const char *function, struct candidates *ret)
{
	struct candidates variables;

	lookup_functions(b, name, unit, ret);
	if (*function && strcmp(function, LOOKUP_OUTSIDE) != 0)
		ret->count = 0;
	lookup_variables(b, name, unit, function, &variables);
	for (size_t i = 0; i < variables.count; i++)
		candidates_add(ret, &variables.at[i]);
}

static void refuse_many(struct build *b, const struct ref_note *note,
			const char *name, const struct candidates *c)
{
	build_tell(b, TOPIC_SEVERAL, note ? &note->place : NULL, name,
		     "say which: OPUS_REF_IN(name, \"end/of/path.c\", \"function or empty\")",
		     "there are several: %s", candidates_text(b, c));
}

/* One candidate is left: can the patch refer to it? */
static void symbol_take(struct build *b, const struct ref_note *note,
			const char *name, const struct candidate *c,
			struct found_symbol *ret)
{
	const struct note_place *place = note ? &note->place : NULL;

	if (c->constant) {
		build_tell(b, TOPIC_NO_ADDRESS, place, name,
			     "define it in the patch, if its value is all you need",
			     "has no address in %s: the %s",
			     b->target[c->target]->name,
			     c->dropped ? "linker left it out, for nothing there names it"
					: "compiler optimised it away");
	} else if (c->tls) {
		found_object(c, ret);
		ret->tls = true;
	} else if (!found_candidate(b, c, ret) && !found_default(b, c, ret)) {
		build_tell(b, TOPIC_IFUNC, place, name, NULL,
			     "is chosen when the program starts (ifunc) and not exported");
	}
}

static void refuse_no_ref(struct build *b, const struct ref_note *note,
			  const char *name)
{
	const char *clones = "";
	bool blind = false;
	uint64_t clone;

	for (size_t i = 0; i < b->targets && !*clones; i++) {
		blind |= !b->target[i]->has_symtab;
		clones = lookup_clones(b, i, name, &clone);
	}
	if (*clones)
		build_tell(b, TOPIC_CLONES, note ? &note->place : NULL, name,
			     "copy the function into the patch under another name",
			     "exists only as %s, whose parameters the compiler has changed",
			     clones);
	else
		build_tell(b, TOPIC_MISSING, note ? &note->place : NULL, name,
			     blind ? "a target is stripped: give its debug file with --debug"
				   : "if it is a function that was inlined everywhere, copy it into the patch",
			     "no such function or variable%s%s%s%s in the target",
			     note && *note->unit ? " from " : "",
			     note ? note->unit : "",
			     note && *note->function ? " in function " : "",
			     note ? note->function : "");
}

/* OPUS_REF(label) */
static void resolve_ref(struct build *b, const char *label,
			struct found_symbol *ret)
{
	const struct ref_note *note = NULL;
	const char *name = label;
	struct candidates c;

	for (size_t i = 0; i < b->ref_notes; i++)
		if (strcmp(b->ref_note[i].label, label) == 0)
			note = &b->ref_note[i];
	if (note)
		name = note->target_name;
	lookup_all(b, name, note ? note->unit : "", note ? note->function : "", &c);
	if (c.count > 1)
		candidates_prefer(b, &c, is_of_changed);
	if (c.count == 0)
		refuse_no_ref(b, note, name);
	else if (c.count > 1)
		refuse_many(b, note, name, &c);
	else
		symbol_take(b, note, name, &c.at[0], ret);
}

/* The target takes the symbol from one of its libraries, or could. */
static bool imported_by(struct build *b, size_t target, const char *name,
			bool linked, struct found_symbol *ret)
{
	const struct object *o = b->target[target];

	*ret = (struct found_symbol){.kind = PLAN_REF_SYMBOL, .target = target,
				     .name = name, .version = ""};
	for (size_t k = o->defined; linked && k < o->symbols; k++)
		if (o->symbol[k].dynamic && strcmp(o->symbol[k].name, name) == 0) {
			ret->name = o->symbol[k].name;
			ret->version = o->symbol[k].version;
			return true;
		}
	return !linked && library_defines(b, o, name);
}

/* A module that needs no library by name takes what the process has: as it does
 * itself, so does the patch. */
static bool imported_by_changed(struct build *b, const char *name, struct found_symbol *ret)
{
	for (size_t i = 0; i < b->targets; i++)
		if (is_changed(b, i) && imported_by(b, i, name, true, ret)) {
			ret->name = build_text(b, "%s", ret->name);
			return true;
		}
	return false;
}

/* An object that is changed asks the process for it: so does the patch, for who has it
 * there need not be the library. */
static bool is_taken_over(struct build *b, const struct candidate *c,
			  struct found_symbol *ret)
{
	return !c->tls && !is_changed(b, c->target) && is_exported(b, c) &&
	       imported_by_changed(b, c->name, ret);
}

/* Those that are changed first: whatever a patch refers to has to be in the
 * process, and two programs never are. */
static bool resolve_imported(struct build *b, const char *name,
			     struct found_symbol *ret)
{
	for (int changed = 1; changed >= 0; changed--)
		for (int linked = 1; linked >= 0; linked--)
			for (size_t i = 0; i < b->targets; i++)
				if (is_changed(b, i) == changed && !is_elsewhere(b, i) &&
				    imported_by(b, i, name, linked, ret)) {
					ret->name = build_text(b, "%s", ret->name);
					return true;
				}
	return false;
}

/* Statics of C++ functions, and what is in anonymous namespaces: local in the
 * target and found by name. */
static bool is_nameless(const char *name)
{
	return strncmp(name, "_ZZ", 3) == 0 || strncmp(name, "_ZGVZ", 5) == 0 ||
	       (strncmp(name, "_Z", 2) == 0 && strstr(name, "12_GLOBAL__N_1"));
}

/* A weak reference to what no library of a target has today. The loader puts
 * what the process has, or 0; the agent would refuse without it. */
static bool may_be_absent(struct build *b, const struct patch_symbol *s)
{
	if (!s->weak || s->defined)
		return false;
	for (size_t i = 0; i < b->targets; i++)
		if (library_defines(b, b->target[i], s->name))
			return false;
	return true;
}

/* Data of C++ of which a program has one, whoever brings it: an inline variable, or a
 * static one of an inline function. Where it is hidden, or link-time optimisation has
 * seen all of it, the target has a local symbol for it. */
static bool is_of_all(const struct patch_symbol *s)
{
	return s->defined && s->weak && strncmp(s->name, "_Z", 2) == 0;
}

/* The one candidate is no other object's, and the patch's own libraries have the name as
 * well: of a patch for several targets, the new code of the others means those. */
static enum opus_code drop_others(struct build *b, const struct patch_symbol *s,
				  struct candidates *c, struct opus_error *err)
{
	bool own, others;
	enum opus_code code;

	if (s->defined || !s->linked || c->count != 1 || is_exported(b, &c->at[0]))
		return OPUS_OK;
	code = symbol_askers(b, s->name, c->at[0].target, &own, &others, err);
	if (code == OPUS_OK && others && own)
		build_tell(b, TOPIC_SEVERAL, NULL, s->name,
			     "make a patch for each target, or call it by way of a function with another name",
			     "new code of %s means its own, which it does not export, and new code of another target means that of a library",
			     b->target[c->at[0].target]->name);
	else if (code == OPUS_OK && others)
		c->count = 0;
	return code;
}

/* A number that the linker was told (--defsym): no place in the process says it, and a
 * weak name would be 0 without a word. */
static bool refuse_absolute(struct build *b, const struct patch_symbol *s)
{
	for (size_t i = 0; i < b->targets && !s->defined && !s->linked; i++) {
		const struct object *o = b->target[i];

		for (size_t k = o->defined; is_changed(b, i) && k < o->symbols; k++)
			if (o->symbol[k].absolute && o->symbol[k].value != 0 &&
			    strcmp(o->symbol[k].name, s->name) == 0) {
				build_tell(b, TOPIC_NO_ADDRESS, NULL, s->name,
					   "write the number in its place",
					   "is a number in %s, 0x%llx, which the linker was told",
					   o->name, (unsigned long long)o->symbol[k].value);
				return true;
			}
	}
	return false;
}

static enum opus_code resolve_plain(struct build *b, const struct patch_symbol *s,
				    bool *ours, struct found_symbol *ret,
				    struct opus_error *err)
{
	struct candidates all, c;
	bool blind = false, elsewhere;
	enum opus_code code;

	lookup_all(b, s->name, "", "", &all);
	elsewhere = all.count > 0;
	*ours = true;
	if (!elsewhere && refuse_absolute(b, s))
		return OPUS_OK;
	candidates_keep(b, &all, is_here);
	if (s->defined) /* it asks for no value of one that is nowhere */
		candidates_keep(b, &all, has_address);
	c = all;
	/* Such a name is nobody else's, or that of another unit. */
	if (s->defined && is_nameless(s->name))
		candidates_prefer(b, &c, is_of_changed_unit);
	else
		candidates_keep(b, &c, is_global);
	if (c.count == 0 && is_of_all(s))
		c = all;
	candidates_keep(b, &c, is_reachable);
	if (c.count > 1)
		candidates_prefer(b, &c, is_of_changed);
	if (c.count > 1)
		candidates_prefer(b, &c, is_needed);
	code = drop_others(b, s, &c, err);
	if (code != OPUS_OK)
		return code;
	if (c.count == 1) {
		if (!is_taken_over(b, &c.at[0], ret))
			symbol_take(b, NULL, s->name, &c.at[0], ret);
		return OPUS_OK;
	}
	if (c.count > 1) {
		if (!imported_by_changed(b, s->name, ret))
			refuse_many(b, NULL, s->name, &c);
		return OPUS_OK;
	}
	*ours = !s->defined && !s->linked && !(all.count == 0 && may_be_absent(b, s));
	if (!*ours || resolve_imported(b, s->name, ret))
		return OPUS_OK;
	/* A static one: another target may be made from the same source. */
	if (all.count > 1)
		candidates_prefer(b, &all, is_of_changed);
	if (all.count == 1) {
		symbol_take(b, NULL, s->name, &all.at[0], ret);
		return OPUS_OK;
	}
	if (all.count > 1) {
		refuse_many(b, NULL, s->name, &all);
		return OPUS_OK;
	}
	*ours = false;
	if (s->weak)
		return OPUS_OK; /* the author copes with its absence */
	if (elsewhere) {
		build_tell(b, TOPIC_MISSING, NULL, s->name,
			   "copy the function into the patch, with what it needs, or install the new build and start again",
			   "the target has no such function or variable, and other objects that have it are not in its processes: the linker left it out");
		return OPUS_OK;
	}
	for (size_t i = 0; i < b->targets; i++)
		blind |= !b->target[i]->has_symtab;
	return error_set(err, OPUS_INVALID,
			 "%s: neither the patch, nor a target, nor a library that they use defines it%s",
			 s->name,
			 blind ? "; a target is stripped: give its debug file with --debug"
			 : b->diff ? "; if the diff adds it to another library, that has to be a --target too"
				   : "");
}

enum opus_code symbol_resolve(struct build *b, const struct patch_symbol *s,
			      bool *ours, struct found_symbol *ret,
			      struct opus_error *err)
{
	size_t prefix = strlen(PLAN_REF_PREFIX);

	for (size_t i = 0; i < b->replaces; i++) {
		const struct replace *r = &b->replace[i];

		if (!s->defined || strcmp(r->patch_name, s->name) != 0)
			continue;
		*ours = true;
		found_candidate(b, &(struct candidate){.target = r->target, .name = r->name,
						       .address = r->address,
						       .type = STT_FUNC,
						       .global = !r->local}, ret);
		return OPUS_OK;
	}
	if (strncmp(s->name, PLAN_REF_PREFIX, prefix) == 0) {
		*ours = true;
		resolve_ref(b, s->name + prefix, ret);
		return OPUS_OK;
	}
	return resolve_plain(b, s, ours, ret, err);
}
