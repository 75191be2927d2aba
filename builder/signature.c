/*
 * signature.c - parameters and result of a function, as the ABI sees them.
 *
 * Called by:  facts.c, pass_signature.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     safe.
 *
 * Types are compared by kind and size: what a pointer points to, whether an
 * integer is signed and what a struct is called do not change a call.
 */
#include "signature.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

#include "code.h"

/* Registers and stack words that are used up so far. */
struct passing {
	int integers;
	int vectors;
	int words;
};

enum kind { KIND_INTEGER, KIND_POINTER, KIND_FLOAT, KIND_STRUCT };

static const char *const kind_names[] = {"int", "ptr", "float", "struct"};

static enum kind kind_of(Dwarf_Die *type)
{
	Dwarf_Attribute attr;
	Dwarf_Word encoding = 0;

	switch (dwarf_tag(type)) {
	case DW_TAG_base_type:
		if (dwarf_attr(type, DW_AT_encoding, &attr))
			dwarf_formudata(&attr, &encoding);
		if (encoding == DW_ATE_float || encoding == DW_ATE_decimal_float)
			return KIND_FLOAT;
		return encoding == DW_ATE_complex_float ? KIND_STRUCT : KIND_INTEGER;
	case DW_TAG_enumeration_type:
		return KIND_INTEGER;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_array_type: /* a vector of SSE or AVX */
		return KIND_STRUCT;
	default:
		return KIND_POINTER;
	}
}

/* One argument, System V ABI 3.2.3. Small structs are counted against both
 * kinds of register, so that the result is rather too large than too small. */
static void argument_pass(struct passing *p, enum kind kind, Dwarf_Word size)
{
	int words = size > (1 << 16) ? 1 << 13 : (int)((size + 7) / 8);

	if (kind == KIND_FLOAT && size <= 8) {
		if (++p->vectors > 8)
			p->words++;
		return;
	}
	if (kind == KIND_FLOAT || (kind == KIND_STRUCT && words > 2)) {
		p->words += words + 1; /* in memory, perhaps aligned to 16 */
		p->vectors++;          /* or a vector type */
		return;
	}
	if (kind == KIND_STRUCT)
		p->vectors += words;
	p->integers += words;
	if (p->integers > 6 || p->vectors > 8)
		p->words += words + 1;
}

static bool text_add(struct signature *s, const char *kind, Dwarf_Word size)
{
	size_t n = strlen(s->text);
	int m = snprintf(s->text + n, sizeof(s->text) - n, "%s%s", n ? " " : "", kind);

	if (size && m > 0 && n + (size_t)m < sizeof(s->text))
		m += snprintf(s->text + n + m, sizeof(s->text) - n - (size_t)m, "%llu",
			      (unsigned long long)size);
	return m > 0 && n + (size_t)m < sizeof(s->text);
}

/* The type of a parameter or the result of a function, peeled. False: none. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) &&
	       dwarf_formref_die(&attr, ret) && dwarf_peel_type(ret, ret) == 0;
}

static bool type_add(struct signature *s, Dwarf_Die *type, struct passing *p)
{
	enum kind kind = kind_of(type);
	Dwarf_Word size = 8;

	if (kind != KIND_POINTER && dwarf_aggregate_size(type, &size) != 0)
		return false;
	if (p)
		argument_pass(p, kind, size);
	return text_add(s, kind_names[kind], kind == KIND_POINTER ? 0 : size);
}

/* The entry that lists the parameters: a concrete instance may lack some, its
 * abstract one or the declaration in the class has all. */
static Dwarf_Die parameters_of(const Dwarf_Die *function)
{
	Dwarf_Die at = *function, next, child;
	Dwarf_Attribute attr;

	for (int i = 0; i < 8; i++) {
		if (!dwarf_attr(&at, DW_AT_abstract_origin, &attr) &&
		    !dwarf_attr(&at, DW_AT_specification, &attr))
			break;
		if (!dwarf_formref_die(&attr, &next) ||
		    dwarf_child(&next, &child) != 0)
			break;
		at = next;
	}
	return at;
}

/* An assembler describes functions, but not their parameters; nor does GCC with -g1,
 * nor clang, which does not say where they are declared then either. */
static bool is_described(Dwarf_Die *function)
{
	Dwarf_Die cu;
	Dwarf_Attribute attr;
	const char *producer;

	if (!dwarf_diecu(function, &cu, NULL, NULL))
		return true;
	producer = dwarf_formstring(dwarf_attr(&cu, DW_AT_producer, &attr));
	if (producer && strstr(producer, "clang") &&
	    !dwarf_attr_integrate(function, DW_AT_decl_line, &attr))
		return false;
	return dwarf_srclang(&cu) != DW_LANG_Mips_Assembler &&
	       !(producer && strstr(producer, " -g1"));
}

void signature_read(Dwarf_Die *function, struct signature *ret)
{
	/* A large result is returned through a hidden argument. */
	struct passing p = {.integers = 1};
	Dwarf_Die at = parameters_of(function), child, type;
	bool good = true;

	memset(ret, 0, sizeof(*ret));
	if (!is_described(function))
		return;
	if (type_of(function, &type))
		good = type_add(ret, &type, NULL);
	else
		text_add(ret, "void", 0);
	if (dwarf_child(&at, &child) == 0) {
		do {
			int tag = dwarf_tag(&child);

			if (tag == DW_TAG_unspecified_parameters)
				ret->variadic = true;
			if (tag == DW_TAG_formal_parameter)
				good = good && type_of(&child, &type) &&
				       type_add(ret, &type, &p);
		} while (dwarf_siblingof(&child, &child) == 0);
	}
	if (ret->variadic)
		good = good && text_add(ret, "...", 0);
	ret->known = good;
	ret->vectors = p.vectors;
	ret->stack_words = p.words;
}

/* Is the location a register or memory, and not a value known beforehand? All of it,
 * where a structure is in pieces. */
static bool is_place(const Dwarf_Op *op, size_t count)
{
	for (size_t i = 0; i < count; i++)
		switch (op[i].atom) {
		case DW_OP_stack_value:
		case DW_OP_implicit_value:
		case DW_OP_implicit_pointer:
		case DW_OP_GNU_implicit_pointer:
		case DW_OP_addr:
		case DW_OP_addrx:
			return false;
		case DW_OP_piece:
			if (i == 0 || op[i - 1].atom == DW_OP_piece)
				return false;
			break;
		default:
			break;
		}
	return count > 0;
}

static bool has_place(Dwarf_Die *parameter, Dwarf_Addr entry)
{
	Dwarf_Attribute attr;
	Dwarf_Op *op;
	size_t count = 0;

	return dwarf_attr(parameter, DW_AT_location, &attr) &&
	       dwarf_getlocation_addr(&attr, entry, &op, &count, 1) >= 1 &&
	       is_place(op, count);
}

static const char *name_of(Dwarf_Die *parameter)
{
	return dwarf_diename(parameter) ? dwarf_diename(parameter) : "(unnamed)";
}

/* The first parameter that the entry does not list, of those that there are. */
static const char *unlisted(Dwarf_Die *function)
{
	Dwarf_Die all = parameters_of(function), child, other;
	bool have = dwarf_child(function, &child) == 0;

	if (dwarf_child(&all, &other) != 0)
		return NULL;
	do {
		if (dwarf_tag(&other) != DW_TAG_formal_parameter)
			continue;
		while (have && dwarf_tag(&child) != DW_TAG_formal_parameter)
			have = dwarf_siblingof(&child, &child) == 0;
		if (!have)
			return name_of(&other);
		have = dwarf_siblingof(&child, &child) == 0;
	} while (dwarf_siblingof(&other, &other) == 0);
	return NULL;
}

void signature_dropped(Dwarf_Die *function, const char *ret[SIGNATURE_DROPPED])
{
	struct passing p = {0};
	Dwarf_Addr entry;
	Dwarf_Word size;
	Dwarf_Die child, type;
	bool certain = true; /* which registers are meant */

	memset(ret, 0, SIGNATURE_DROPPED * sizeof(*ret));
	/* A result in memory takes a register first. */
	if (type_of(function, &type) && kind_of(&type) == KIND_STRUCT &&
	    (dwarf_aggregate_size(&type, &size) != 0 || size > 16))
		p.integers = 1;
	if (dwarf_entrypc(function, &entry) != 0)
		return;
	ret[SIGNATURE_OTHER] = is_described(function)
				       ? unlisted(function)
				       : "(which, the debug information does not tell)";
	if (dwarf_child(function, &child) != 0)
		return;
	do {
		int first = p.integers;
		enum kind kind;

		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		size = 8;
		if (!type_of(&child, &type))
			return;
		kind = kind_of(&type);
		if (kind != KIND_POINTER && dwarf_aggregate_size(&type, &size) != 0)
			return;
		/* Behind a struct in registers the count is not. */
		certain &= kind != KIND_STRUCT;
		if (certain)
			argument_pass(&p, kind, size);
		if (has_place(&child, entry))
			continue;
		if (certain && p.integers == first + 1 && first < SIGNATURE_OTHER)
			ret[first] = name_of(&child);
		else if (!ret[SIGNATURE_OTHER])
			ret[SIGNATURE_OTHER] = name_of(&child);
	} while (dwarf_siblingof(&child, &child) == 0);
}

bool signature_shrinks(Dwarf_Die *function)
{
	Dwarf_Die type;
	Dwarf_Word size;

	return type_of(function, &type) && kind_of(&type) == KIND_STRUCT &&
	       dwarf_aggregate_size(&type, &size) == 0 && size > 8 && size <= 16;
}

bool signature_fits(const struct signature *before, const struct signature *after)
{
	const char *old = before->text, *new = after->text;

	if (!before->known || !after->known)
		return true;
	/* Nobody looked at the result of a void function. */
	if (strncmp(old, "void", 4) == 0) {
		old += 4;
		new += strcspn(new, " ");
	}
	return strcmp(old, new) == 0;
}

unsigned int signature_result(const struct signature *s)
{
	/* psABI 3.2.3, "Returning of Values": rax and rdx, xmm0 and xmm1. */
	const unsigned int integers = REGSET_GENERAL(0) | REGSET_GENERAL(2);
	const unsigned int vectors = REGSET_VECTOR(0) | REGSET_VECTOR(1);

	if (!s->known)
		return integers | vectors;
	if (strncmp(s->text, "void", 4) == 0)
		return 0;
	if (strncmp(s->text, "int16", 5) == 0) /* __int128 */
		return integers;
	if (strncmp(s->text, "int", 3) == 0 || strncmp(s->text, "ptr", 3) == 0)
		return REGSET_GENERAL(0);
	if (strncmp(s->text, "float", 5) == 0)
		return REGSET_VECTOR(0);
	return integers | vectors;
}
