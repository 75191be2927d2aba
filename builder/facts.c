/*
 * facts.c - what DWARF says about some functions and variables of a target.
 *
 * Called by:  pass_resolve.c; the result is used by most passes behind it.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A function may be described by several entries: a declaration, an abstract
 * instance with its name, a concrete instance with its code, and one entry per
 * inlined copy. All lead to the same root along DW_AT_abstract_origin and
 * DW_AT_specification; the root is the function's identity.
 */
#include "demangle.h"
#include "facts.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"

#define WALK_DEPTH 128

/* Where a walk is: the unit and what encloses the entry at hand. */
struct walk {
	struct facts *facts;
	const char *const *names;
	size_t count;
	bool failed;
	Dwarf_Die caller[WALK_DEPTH]; /* concrete functions, innermost last */
	int callers;
	const char *function; /* name of the innermost function, inlined too */
	int depth;
};

const char *unit_number(const char *path)
{
	const char *end = path + strlen(path), *p = end;

	while (p > path && p[-1] >= '0' && p[-1] <= '9')
		p--;
	return p > path && p < end && p[-1] == '#' ? p - 1 : end;
}

bool unit_matches(const char *path, const char *suffix)
{
	const char *path_end = unit_number(path), *end = unit_number(suffix);
	size_t n, m;

	while (suffix[0] == '.' && suffix[1] == '/')
		suffix += 2;
	if (*path_end && *end && strcmp(path_end, end) != 0)
		return false;
	n = (size_t)(path_end - path);
	m = (size_t)(end - suffix);
	if (m == 0)
		return true;
	return n >= m && strncmp(path + n - m, suffix, m) == 0 &&
	       (n == m || suffix[0] == '/' || path[n - m - 1] == '/');
}

static Dwarf_Die die_root(const Dwarf_Die *die)
{
	Dwarf_Die at = *die, next;

	for (int i = 0; i < 16; i++) {
		Dwarf_Attribute attr;

		if (!dwarf_attr(&at, DW_AT_abstract_origin, &attr) &&
		    !dwarf_attr(&at, DW_AT_specification, &attr))
			break;
		if (!dwarf_formref_die(&attr, &next))
			break;
		at = next;
	}
	return at;
}

static const char *die_linkage(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	return name ? name : "";
}

static bool die_flag(Dwarf_Die *die, unsigned int what)
{
	Dwarf_Attribute attr;
	bool value = false;

	return dwarf_attr_integrate(die, what, &attr) &&
	       dwarf_formflag(&attr, &value) == 0 && value;
}

static const char *die_name(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	return name ? name : "";
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool wanted(const struct walk *w, const char *name, const char *linkage)
{
	return bsearch(&name, w->names, w->count, sizeof(*w->names), name_compare) ||
	       (*linkage && bsearch(&linkage, w->names, w->count,
				    sizeof(*w->names), name_compare));
}

void path_clean(char *path)
{
	char *out = path;
	const char *in = path;

	while (*in) {
		size_t n = strcspn(in, "/");

		if (n == 2 && in[0] == '.' && in[1] == '.' && out > path + 1) {
			out--; /* the slash */
			while (out > path && out[-1] != '/')
				out--;
		} else if (n > 0 && !(n == 1 && in[0] == '.')) {
			memmove(out, in, n);
			out += n;
			if (in[n] == '/')
				*out++ = '/';
		} else if (n == 0 && in == path) {
			*out++ = '/';
		}
		in += n + (in[n] == '/');
	}
	*out = 0;
}

char *facts_unit_join(Dwarf_Die *unit)
{
	Dwarf_Attribute attr;
	const char *name = die_name(unit), *folder = NULL;
	char *path = NULL;

	if (*name != '/' && dwarf_attr(unit, DW_AT_comp_dir, &attr))
		folder = dwarf_formstring(&attr);
	if (asprintf(&path, "%s%s%s", folder ? folder : "", folder ? "/" : "",
		     name) < 0)
		return NULL;
	path_clean(path);
	return path;
}

const char *facts_unit_path(struct facts *f, Dwarf_Die *unit)
{
	char *path = facts_unit_join(unit), **grown;

	if (!path)
		return "";
	for (size_t i = f->paths; i-- > 0;)
		if (strcmp(f->path[i], path) == 0) {
			free(path);
			return f->path[i];
		}
	grown = build_grow(f->path, f->paths, sizeof(*grown));
	if (!grown) {
		free(path);
		return "";
	}
	f->path = grown;
	return f->path[f->paths++] = path;
}

/* Path of the source file of the unit that holds the entry. Units are few and
 * live in the Dwarf; the joined path is kept in the facts. */
static const char *die_unit(struct walk *w, Dwarf_Die *die)
{
	Dwarf_Die cu;

	return dwarf_diecu(die, &cu, NULL, NULL)
		       ? facts_unit_key(w->facts, &cu)
		       : "";
}

static void function_ranges(struct walk *w, Dwarf_Die *die,
			    struct facts_function *f)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		struct object_frame *grown;

		if (start >= end)
			continue;
		grown = build_grow(f->range, f->ranges, sizeof(*grown));
		if (!grown) {
			w->failed = true;
			return;
		}
		f->range = grown;
		grown[f->ranges++] =
			(struct object_frame){.start = start, .end = end};
	}
}

static void function_add(struct walk *w, Dwarf_Die *die, const char *name,
			 const char *linkage)
{
	struct facts *f = w->facts;
	Dwarf_Die root = die_root(die);
	struct facts_function *grown, fn = {
		.root = (uint64_t)(uintptr_t)root.addr,
		.name = name,
		.linkage = linkage,
		.unit = die_unit(w, &root),
		.external = die_flag(die, DW_AT_external),
	};
	Dwarf_Addr entry;

	signature_read(die, &fn.signature);
	signature_dropped(die, fn.dropped);
	fn.shrinks = signature_shrinks(die);
	function_ranges(w, die, &fn);
	if (fn.ranges == 0)
		return;
	if (dwarf_entrypc(die, &entry) == 0)
		fn.entry = entry;
	else
		fn.entry = fn.range[0].start;
	/* The range with the entry first. */
	for (size_t i = 1; i < fn.ranges; i++)
		if (fn.entry >= fn.range[i].start && fn.entry < fn.range[i].end) {
			struct object_frame swap = fn.range[0];

			fn.range[0] = fn.range[i];
			fn.range[i] = swap;
		}
	grown = build_grow(f->function, f->functions, sizeof(*grown));
	if (!grown) {
		free(fn.range);
		w->failed = true;
		return;
	}
	f->function = grown;
	grown[f->functions++] = fn;
}

static void inline_add(struct walk *w, Dwarf_Die *die, const char *name,
		       const char *linkage)
{
	struct facts *f = w->facts;
	Dwarf_Die *caller = &w->caller[w->callers - 1];
	Dwarf_Die root = die_root(die), caller_root = die_root(caller);
	struct facts_inline *grown, in = {
		.root = (uint64_t)(uintptr_t)root.addr,
		.name = name,
		.linkage = linkage,
		.external = die_flag(die, DW_AT_external),
		.unit = die_unit(w, &root),
		.caller = die_name(caller),
		.caller_linkage = linkage_mangled(die_linkage(caller)),
		.caller_unit = die_unit(w, &caller_root),
	};
	Dwarf_Addr base, start, end, entry;

	/* A copy of which nothing is left has no code that could be wrong. */
	if (dwarf_ranges(die, 0, &base, &start, &end) <= 0)
		return;
	in.address = start;
	if (dwarf_entrypc(caller, &entry) == 0)
		in.caller_entry = entry;
	grown = build_grow(f->inlined, f->inlines, sizeof(*grown));
	if (!grown) {
		w->failed = true;
		return;
	}
	f->inlined = grown;
	grown[f->inlines++] = in;
}

/* The fixed address of a variable, false if it has none. */
static bool variable_locate(Dwarf_Die *die, struct facts_variable *v)
{
	Dwarf_Attribute attr, inner;
	Dwarf_Op *op;
	size_t count;

	if (!dwarf_attr(die, DW_AT_location, &attr) ||
	    dwarf_getlocation(&attr, &op, &count) != 0 || count == 0)
		return false;
	if (count >= 2 && (op[count - 1].atom == DW_OP_GNU_push_tls_address ||
			   op[count - 1].atom == DW_OP_form_tls_address)) {
		v->tls = true;
		v->address = op[0].number;
		return true;
	}
	if (op[0].atom == DW_OP_addr) {
		v->address = op[0].number;
	} else if (op[0].atom == DW_OP_addrx || op[0].atom == DW_OP_GNU_addr_index) {
		if (dwarf_getlocation_attr(&attr, op, &inner) != 0 ||
		    dwarf_formaddr(&inner, &v->address) != 0)
			return false;
	} else {
		return false;
	}
	v->coded = op[count - 1].atom == DW_OP_stack_value ||
		   op[count - 1].atom == DW_OP_piece;
	if (count == 2 && op[1].atom == DW_OP_plus_uconst)
		v->address += op[1].number;
	else if (count != 1)
		return false;
	return true;
}

static void variable_add(struct walk *w, Dwarf_Die *die, const char *name,
			 const char *linkage)
{
	struct facts *f = w->facts;
	Dwarf_Die root = die_root(die);
	struct facts_variable *grown, v = {
		.name = name,
		.linkage = linkage,
		.unit = die_unit(w, &root),
		.function = w->function ? w->function : "",
		.external = die_flag(die, DW_AT_external),
	};

	dwarf_decl_line(die, &v.line);
	if (!variable_locate(die, &v)) {
		/* A local variable of the ordinary kind, a declaration, or an
		 * abstract entry whose concrete one comes elsewhere. */
		if (w->function || die_flag(die, DW_AT_declaration))
			return;
		v.constant = true;
	}
	grown = build_grow(f->variable, f->variables, sizeof(*grown));
	if (!grown) {
		w->failed = true;
		return;
	}
	f->variable = grown;
	grown[f->variables++] = v;
}

static bool die_has_code(Dwarf_Die *die)
{
	return dwarf_hasattr(die, DW_AT_low_pc) || dwarf_hasattr(die, DW_AT_ranges);
}

static void walk_children(struct walk *w, Dwarf_Die *die);

static void walk_function(struct walk *w, Dwarf_Die *die, int tag)
{
	const char *outer = w->function;
	const char *name = die_name(die), *linkage = die_linkage(die);
	bool is_wanted = wanted(w, name, linkage);
	bool concrete = tag == DW_TAG_subprogram && die_has_code(die);

	if (is_wanted && concrete)
		function_add(w, die, name, linkage_mangled(linkage));
	if (is_wanted && tag == DW_TAG_inlined_subroutine && w->callers > 0)
		inline_add(w, die, name, linkage_mangled(linkage));
	w->function = name;
	if (concrete && w->callers < WALK_DEPTH)
		w->caller[w->callers++] = *die;
	else
		concrete = false;
	walk_children(w, die);
	if (concrete)
		w->callers--;
	w->function = outer;
}

static void walk_die(struct walk *w, Dwarf_Die *die)
{
	const char *name, *linkage;

	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine:
		walk_function(w, die, dwarf_tag(die));
		break;
	case DW_TAG_variable:
		name = die_name(die);
		linkage = die_linkage(die);
		if (wanted(w, name, linkage))
			variable_add(w, die, name, linkage);
		break;
	case DW_TAG_lexical_block:
	case DW_TAG_namespace:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		walk_children(w, die);
		break;
	default:
		break;
	}
}

static void walk_children(struct walk *w, Dwarf_Die *die)
{
	Dwarf_Die child;

	if (w->failed || w->depth >= WALK_DEPTH || dwarf_child(die, &child) != 0)
		return;
	w->depth++;
	do
		walk_die(w, &child);
	while (dwarf_siblingof(&child, &child) == 0);
	w->depth--;
}

enum opus_code facts_collect(const struct object *o, const char *const *names,
			     size_t count, struct facts **ret,
			     struct opus_error *err)
{
	struct walk *w = calloc(1, sizeof(*w));
	CLEANUP(cleanup_free) const char **sorted = NULL;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, sub;
	uint8_t type;

	*ret = calloc(1, sizeof(**ret));
	if (!w || !*ret) {
		free(w);
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	w->facts = *ret;
	sorted = malloc((count + 1) * sizeof(*sorted));
	if (!sorted) {
		free(w);
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	if (count) {
		memcpy(sorted, names, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), name_compare);
	}
	w->names = sorted;
	w->count = count;
	if (o && o->dwarf && facts_number(*ret, o->dwarf, err) != OPUS_OK)
		w->failed = true;
	while (o && o->dwarf && !w->failed && !build_interrupted &&
	       dwarf_get_units(o->dwarf, cu, &cu, NULL, &type, &die, &sub) == 0) {
		if (!facts_unit_add(*ret, &die))
			w->failed = true;
		if (type == DW_UT_skeleton && sub.addr)
			walk_children(w, &sub);
		else if (type != DW_UT_type)
			walk_children(w, &die);
	}
	if (w->failed) {
		free(w);
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	free(w);
	facts_units_sort(*ret);
	return OPUS_OK;
}

void facts_destroy(struct facts *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->functions; i++)
		free(f->function[i].range);
	for (size_t i = 0; i < f->paths; i++)
		free(f->path[i]);
	for (size_t i = 0; i < f->copies; i++)
		free(f->copy[i].path);
	free(f->copy);
	free(f->path);
	free(f->unit);
	free(f->function);
	free(f->inlined);
	free(f->variable);
	free(f);
}

const struct facts_function *facts_function_at(const struct facts *f,
					       uint64_t entry)
{
	for (size_t i = 0; i < f->functions; i++)
		if (f->function[i].entry == entry)
			return &f->function[i];
	return NULL;
}
