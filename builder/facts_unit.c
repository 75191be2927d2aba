/*
 * facts_unit.c - which unit made the code at an address, and how it is called.
 *
 * Called by:  facts.c and the passes that look at callers.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"
#include "demangle.h"
#include "facts.h"
#include "signature.h"

int facts_unit_reads(Dwarf_Die *unit, bool (*is)(const char *path, const void *data),
		     const void *data)
{
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	size_t count;
	const char *folder = dwarf_attr(unit, DW_AT_comp_dir, &attr)
				     ? dwarf_formstring(&attr)
				     : NULL;

	if (dwarf_getsrcfiles(unit, &files, &count) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *name = dwarf_filesrc(files, i, NULL, NULL);
		CLEANUP(cleanup_free) char *path = NULL;

		if (!name || asprintf(&path, "%s%s%s", *name != '/' && folder ? folder : "",
				      *name != '/' && folder ? "/" : "", name) < 0)
			continue;
		path_clean(path);
		if (is(path, data))
			return 1;
	}
	return 0;
}

bool facts_unit_add(struct facts *f, Dwarf_Die *unit)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	/* By hand, for clang writes no .debug_aranges. */
	while ((at = dwarf_ranges(unit, at, &base, &start, &end)) > 0) {
		struct facts_unit *grown;

		if (start >= end)
			continue;
		grown = build_grow(f->unit, f->units, sizeof(*grown));
		if (!grown)
			return false;
		f->unit = grown;
		grown[f->units++] = (struct facts_unit){start, end, *unit};
	}
	return true;
}

static int unit_compare(const void *a, const void *b)
{
	const struct facts_unit *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void facts_units_sort(struct facts *f)
{
	if (f->units)
		qsort(f->unit, f->units, sizeof(*f->unit), unit_compare);
}

static bool unit_find(const struct facts *f, uint64_t address, Dwarf_Die *ret)
{
	size_t low = 0, high = f->units;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f->unit[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || address >= f->unit[low - 1].end)
		return false;
	*ret = f->unit[low - 1].die;
	return true;
}

const void *facts_unit_id(const struct facts *f, uint64_t address)
{
	Dwarf_Die die;

	return unit_find(f, address, &die) ? die.addr : NULL;
}

const char *facts_producer(const struct facts *f, uint64_t address)
{
	Dwarf_Attribute attr;
	Dwarf_Die die;

	return unit_find(f, address, &die) && dwarf_attr(&die, DW_AT_producer, &attr)
		       ? dwarf_formstring(&attr)
		       : NULL;
}

bool facts_not_gcc(const struct facts *f, uint64_t address)
{
	const char *producer = facts_producer(f, address);

	return producer && (strstr(producer, "clang") ||
			    strncmp(producer, "GNU AS", 6) == 0);
}

/* The function of the unit that starts at the address. Nested functions and
 * those inside classes are not looked for. */
static bool function_find(Dwarf_Die *parent, uint64_t address, Dwarf_Die *ret,
			  int depth)
{
	Dwarf_Die child;
	Dwarf_Addr entry;

	if (depth > 8 || dwarf_child(parent, &child) != 0)
		return false;
	do {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_subprogram &&
		    dwarf_entrypc(&child, &entry) == 0 && entry == address) {
			*ret = child;
			return true;
		}
		if (tag == DW_TAG_namespace &&
		    function_find(&child, address, ret, depth + 1))
			return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

bool facts_vector_arguments(const struct facts *f, uint64_t address)
{
	Dwarf_Die unit, function;
	struct signature s;

	if (!unit_find(f, address, &unit) ||
	    !function_find(&unit, address, &function, 0))
		return true;
	signature_read(&function, &s);
	return !s.known || s.variadic || s.vectors > 0;
}

/* The innermost named function around the address, in any namespace. */
static bool function_around(Dwarf_Die *parent, uint64_t address, Dwarf_Die *ret,
			    int depth)
{
	Dwarf_Die child;

	if (depth > 8 || dwarf_child(parent, &child) != 0)
		return false;
	do {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_subprogram && dwarf_haspc(&child, address) == 1) {
			*ret = child;
			return true;
		}
		if ((tag == DW_TAG_namespace || tag == DW_TAG_class_type ||
		     tag == DW_TAG_structure_type) &&
		    function_around(&child, address, ret, depth + 1))
			return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

static const char *die_text(Dwarf_Die *die, unsigned int what)
{
	Dwarf_Attribute attr;
	const char *text = dwarf_attr_integrate(die, what, &attr)
				   ? dwarf_formstring(&attr)
				   : NULL;

	return text ? text : "";
}

bool facts_is_within(const struct facts *f, uint64_t address, const char *name)
{
	Dwarf_Die unit, *scope = NULL;
	bool within = false;
	int count;

	if (!unit_find(f, address, &unit))
		return false;
	count = dwarf_getscopes(&unit, address, &scope);
	for (int i = 0; i < count && !within; i++) {
		int tag = dwarf_tag(&scope[i]);

		if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram)
			within = strcmp(die_text(&scope[i], DW_AT_name), name) == 0 ||
				 linkage_same(die_text(&scope[i], DW_AT_linkage_name), name);
	}
	free(scope);
	return within;
}

bool facts_origin_at(struct facts *f, uint64_t address, const char **name,
		     const char **linkage, const char **unit)
{
	Dwarf_Die die, function, root, next, cu;
	Dwarf_Attribute attr;

	if (!unit_find(f, address, &die) ||
	    !function_around(&die, address, &function, 0))
		return false;
	*name = die_text(&function, DW_AT_name);
	*linkage = linkage_mangled(die_text(&function, DW_AT_linkage_name));
	root = function;
	for (int i = 0; i < 16 && (dwarf_attr(&root, DW_AT_abstract_origin, &attr) ||
				   dwarf_attr(&root, DW_AT_specification, &attr)) &&
			dwarf_formref_die(&attr, &next);
	     i++)
		root = next;
	*unit = dwarf_diecu(&root, &cu, NULL, NULL) ? facts_unit_key(f, &cu) : "";
	return **name != 0;
}
