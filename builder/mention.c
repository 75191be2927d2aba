/*
 * mention.c - which source files a target was made from, as it says itself.
 *
 * Called by:  pass_unit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "diff.h"
#include "facts.h"

static bool names_match(const char *path, const char *relative)
{
	return unit_matches(path, relative) ||
	       /* Prefix maps take folders away. */
	       (*path != '/' && unit_matches(relative, path));
}

static bool is_mention(const char *path, const void *relative)
{
	return names_match(path, relative);
}

static bool unit_mentions(struct facts *f, Dwarf_Die *cu, const char *relative)
{
	return names_match(facts_unit_path(f, cu), relative) ||
	       facts_unit_reads(cu, is_mention, relative) != 0; /* or not known */
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
