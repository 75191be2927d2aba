/*
 * facts_copy.c - source files that a target has several times.
 *
 * Called by:  facts.c, pass_locate.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Compiled with other macros, a source may be in one target under several names:
 * for several sizes, processors or protocols. Its units have one path in the debug
 * information. They get a number behind it, in the order in which they stand
 * there, and are different files then for all that looks at paths.
 */
#include "facts.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"

/* By path; of one path in the order of the debug information. */
static int path_compare(const void *a, const void *b)
{
	const struct facts_copy *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : x->unit < y->unit ? -1 : x->unit > y->unit;
}

static int unit_compare(const void *a, const void *b)
{
	const struct facts_copy *x = a, *y = b;

	return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* With link-time optimisation clang describes a unit wherever it took code from it;
 * where it has code itself is the one. */
static bool has_code(Dwarf_Die *unit)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(unit, at, &base, &start, &end)) > 0)
		if (start < end)
			return true;
	return false;
}

static enum opus_code units_list(struct facts *f, Dwarf *dwarf, struct opus_error *err)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, NULL) == 0) {
		struct facts_copy *grown;

		if ((type != DW_UT_compile && type != DW_UT_skeleton) ||
		    dwarf_tag(&die) != DW_TAG_compile_unit || !dwarf_diename(&die) ||
		    !has_code(&die))
			continue;
		grown = build_grow(f->copy, f->copies, sizeof(*grown));
		if (grown)
			f->copy = grown;
		if (!grown || !(grown[f->copies].path = facts_unit_join(&die)))
			return error_set(err, OPUS_RESOURCE, "out of memory");
		grown[f->copies++].unit = die.addr;
	}
	return OPUS_OK;
}

/* Is number `i` of those that are sorted by path the only one of its path? */
static bool is_single(const struct facts *f, size_t i)
{
	return (i == 0 || strcmp(f->copy[i - 1].path, f->copy[i].path) != 0) &&
	       (i + 1 == f->copies || strcmp(f->copy[i + 1].path, f->copy[i].path) != 0);
}

enum opus_code facts_number(struct facts *f, Dwarf *dwarf, struct opus_error *err)
{
	size_t kept = 0, number = 0;
	CLEANUP(cleanup_free) bool *single = NULL;
	enum opus_code code = units_list(f, dwarf, err);

	if (code != OPUS_OK || f->copies == 0)
		return code;
	qsort(f->copy, f->copies, sizeof(*f->copy), path_compare);
	single = calloc(f->copies, sizeof(*single));
	if (!single)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < f->copies; i++)
		single[i] = is_single(f, i);
	for (size_t i = f->copies; i-- > 0;) {
		char *path = f->copy[i].path;

		if (single[i])
			continue;
		number = 1;
		for (size_t k = i; k-- > 0 && strcmp(f->copy[k].path, path) == 0;)
			number++;
		if (asprintf(&f->copy[i].path, "%s#%zu", path, number) < 0) {
			f->copy[i].path = path;
			return error_set(err, OPUS_RESOURCE, "out of memory");
		}
		free(path);
	}
	for (size_t i = 0; i < f->copies; i++)
		if (single[i])
			free(f->copy[i].path);
		else
			f->copy[kept++] = f->copy[i];
	f->copies = kept;
	qsort(f->copy, f->copies, sizeof(*f->copy), unit_compare);
	return OPUS_OK;
}

const char *facts_unit_key(struct facts *f, Dwarf_Die *unit)
{
	struct facts_copy wanted = {.unit = unit->addr}, *found = NULL;

	if (f->copies)
		found = bsearch(&wanted, f->copy, f->copies, sizeof(wanted), unit_compare);
	return found ? found->path : facts_unit_path(f, unit);
}
