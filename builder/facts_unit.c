/*
 * facts_unit.c - which unit made the code at an address, and how it is called.
 *
 * Called by:  facts.c and the passes that look at callers.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <dwarf.h>
#include <string.h>

#include "facts.h"

/* The unit whose ranges hold the address. By hand, for clang writes no
 * .debug_aranges, which dwarf_addrdie() needs. */
static bool unit_find(const struct object *o, uint64_t address, Dwarf_Die *ret)
{
	Dwarf_CU *cu = NULL;
	uint8_t type;

	while (o->dwarf && dwarf_get_units(o->dwarf, cu, &cu, NULL, &type, ret,
					   NULL) == 0)
		if (dwarf_haspc(ret, address) == 1)
			return true;
	return false;
}

const void *facts_unit_id(const struct object *o, uint64_t address)
{
	Dwarf_Die die;

	return unit_find(o, address, &die) ? die.addr : NULL;
}

bool facts_not_gcc(const struct object *o, uint64_t address)
{
	Dwarf_Attribute attr;
	Dwarf_Die die;
	const char *producer = NULL;

	if (unit_find(o, address, &die) &&
	    dwarf_attr(&die, DW_AT_producer, &attr))
		producer = dwarf_formstring(&attr);
	return producer && (strstr(producer, "clang") ||
			    strncmp(producer, "GNU AS", 6) == 0);
}

/* The type behind typedefs and qualifiers. */
static bool type_peel(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) &&
	       dwarf_formref_die(&attr, ret) && dwarf_peel_type(ret, ret) == 0;
}

/* Registers and stack words that are used up so far. */
struct passing {
	int integers;
	int vectors;
	int words;
};

/* One argument, System V ABI 3.2.3. Small structs are counted against both
 * kinds of register, so that the result is rather too large than too small. */
static void argument_pass(struct passing *p, Dwarf_Die *type)
{
	Dwarf_Word size = 8, encoding = 0;
	Dwarf_Attribute attr;
	int words, tag = dwarf_tag(type);

	dwarf_aggregate_size(type, &size);
	if (dwarf_attr(type, DW_AT_encoding, &attr))
		dwarf_formudata(&attr, &encoding);
	words = size > (1 << 20) ? 1 << 17 : (int)((size + 7) / 8);
	if (tag == DW_TAG_base_type && encoding == DW_ATE_float && size <= 8) {
		if (++p->vectors > 8)
			p->words++;
		return;
	}
	if (tag == DW_TAG_base_type && encoding == DW_ATE_float) {
		p->words += words + 1; /* long double: memory, aligned to 16 */
		return;
	}
	if (tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
	    tag == DW_TAG_union_type) {
		if (words > 2) {
			p->words += words + 1;
			return;
		}
		p->vectors += words;
	}
	p->integers += words;
	if (p->integers > 6 || p->vectors > 8)
		p->words += words + 1;
}

int facts_stack_words(Dwarf_Die *function)
{
	/* The result may be returned in memory, whose address is an argument */
	struct passing p = {.integers = 1};
	Dwarf_Die child, type;

	if (dwarf_child(function, &child) != 0)
		return 0;
	do {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_unspecified_parameters)
			return -1;
		if (tag != DW_TAG_formal_parameter)
			continue;
		if (!type_peel(&child, &type))
			return -1;
		argument_pass(&p, &type);
	} while (dwarf_siblingof(&child, &child) == 0);
	return p.words;
}
