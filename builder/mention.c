/*
 * mention.c - which source files a target was made from, as it says itself.
 *
 * Called by:  pass_unit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "diff.h"
#include "facts.h"

static bool names_match(const char *path, const char *relative)
{
	return unit_matches(path, relative) ||
	       /* Prefix maps take folders away. */
	       (*path != '/' && unit_matches(relative, path));
}

static bool unit_mentions(struct facts *f, Dwarf_Die *cu, const char *relative)
{
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	size_t count;
	const char *folder = dwarf_attr(cu, DW_AT_comp_dir, &attr)
				     ? dwarf_formstring(&attr)
				     : NULL;

	if (names_match(facts_unit_path(f, cu), relative))
		return true;
	if (dwarf_getsrcfiles(cu, &files, &count) != 0)
		return true; /* it cannot be known */
	for (size_t i = 0; i < count; i++) {
		const char *name = dwarf_filesrc(files, i, NULL, NULL);
		CLEANUP(cleanup_free) char *path = NULL;

		if (!name || asprintf(&path, "%s%s%s", *name != '/' && folder ? folder : "",
				      *name != '/' && folder ? "/" : "", name) < 0)
			continue;
		path_clean(path);
		if (names_match(path, relative))
			return true;
	}
	return false;
}

bool target_mentions(const struct object *o, const char *relative)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, sub;
	uint8_t type;
	struct facts *f = NULL;
	bool found = false;

	if (!o->dwarf || facts_collect(NULL, NULL, 0, &f, NULL) != OPUS_OK)
		return true;
	while (!found && !build_interrupted &&
	       dwarf_get_units(o->dwarf, cu, &cu, NULL, &type, &die, &sub) == 0)
		found = unit_mentions(f, &die, relative);
	facts_destroy(f);
	return found;
}
