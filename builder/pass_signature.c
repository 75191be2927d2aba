/*
 * pass_signature.c - do callers of the old function fit the new one?
 *
 * Called by:  build.c.  Needs objects, replace (resolved), hook, facts; leaves
 *             replace.signature and hook.signature.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The new function's description is in the object that we compiled with -g.
 * libdwfl reads it, since it applies the relocations of .debug_info.
 */
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <string.h>

#include "build.h"
#include "callers.h"
#include "facts.h"
#include "producer.h"

static void function_look(struct build *b, Dwarf_Die *die, const char *producer)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	/* One that was folded with another of the same code has no code in
	 * DWARF, but it is no declaration. */
	if (dwarf_hasattr(die, DW_AT_declaration))
		return;
	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	if (!name)
		name = dwarf_diename(die);
	for (size_t i = 0; name && i < b->replaces; i++)
		if (strcmp(b->replace[i].patch_name, name) == 0) {
			signature_read(die, &b->replace[i].signature);
			b->replace[i].producer = producer;
		}
	for (size_t i = 0; name && i < b->hooks; i++)
		if (strcmp(b->hook[i].function, name) == 0)
			signature_read(die, &b->hook[i].signature);
}

static void functions_look(struct build *b, Dwarf_Die *parent,
			   const char *producer, int depth)
{
	Dwarf_Die child;

	if (depth > 16 || dwarf_child(parent, &child) != 0)
		return;
	do {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_subprogram)
			function_look(b, &child, producer);
		else if (tag == DW_TAG_namespace || tag == DW_TAG_class_type ||
			 tag == DW_TAG_structure_type)
			functions_look(b, &child, producer, depth + 1);
	} while (dwarf_siblingof(&child, &child) == 0);
}

static const char *producer_of(struct build *b, Dwarf_Die *unit)
{
	Dwarf_Attribute attr;
	const char *text = dwarf_attr(unit, DW_AT_producer, &attr)
				   ? dwarf_formstring(&attr)
				   : NULL;

	return text ? build_text(b, "%s", text) : NULL;
}

static void object_look(struct build *b, const char *path)
{
	static const Dwfl_Callbacks callbacks = {
		.section_address = dwfl_offline_section_address,
		.find_debuginfo = dwfl_standard_find_debuginfo,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module =
		dwfl ? dwfl_report_offline(dwfl, "patch", path, -1) : NULL;
	Dwarf_Addr bias;
	Dwarf *dwarf;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	if (module && dwfl_report_end(dwfl, NULL, NULL) == 0) {
		dwarf = dwfl_module_getdwarf(module, &bias);
		while (dwarf && dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die,
						NULL) == 0)
			functions_look(b, &die, producer_of(b, &die), 0);
	}
	if (dwfl)
		dwfl_end(dwfl);
}

/* Registers that the function reads, in the order of its code, before it writes
 * them: what it expects from its callers. */
static regset registers_expected(const struct object *o, const struct replace *r)
{
	const uint8_t *bytes = object_bytes(o, r->address, r->size);
	uint64_t at = 0;
	regset expected = 0, written = 0;
	struct decoded d;

	for (; bytes && at < r->size && decode(bytes + at, r->size - at, at, &d);
	     at += d.length) {
		struct code_use use = {0};

		code_use_add(&d, &use);
		expected |= use.read & ~written;
		written |= use.written;
	}
	return expected;
}

/* Did link-time optimisation make a global function local? */
static bool is_made_local(const struct build *b, const struct replace *r)
{
	const struct object *o = b->target[r->target];
	bool found = false;

	for (const struct object_symbol *s = NULL; (s = object_symbol_at(o, r->address, s)) != NULL;)
		if (s->code) {
			found = true;
			if (s->bind != STB_LOCAL)
				return false;
		}
	return found && facts_not_gcc(b->facts[r->target], r->address);
}

/* Only of a static function does a compiler know all callers; clang under its own
 * name, also where link-time optimisation made it static. */
static void dropped_check(struct build *b, const struct replace *r,
			  const struct facts_function *f)
{
	static const regset arguments[6] = {
		REGSET_GENERAL(7), REGSET_GENERAL(6), REGSET_GENERAL(2),
		REGSET_GENERAL(1), REGSET_GENERAL(8), REGSET_GENERAL(9)};
	bool gcc = !facts_not_gcc(b->facts[r->target], r->address);
	regset expected;

	if (f->external ? !is_made_local(b, r) : !r->local)
		return;
	/* clang may pass what a pointer points to in the pointer's place (argument
	 * promotion), or the next parameter: that the register is read says nothing. */
	expected = gcc ? registers_expected(b->target[r->target], r) : 0;
	for (int i = 0; i < SIGNATURE_DROPPED; i++)
		if (f->dropped[i] &&
		    (i == SIGNATURE_OTHER ? !gcc : !(expected & arguments[i])))
			build_tell(b, TOPIC_DROPPED, &r->place, r->name,
				     callers_todo(b, r->target, r->address),
				     "does not use its parameter `%s` in the target (or knows its value), so that its callers need not pass it",
				     f->dropped[i]);
}

/* A hook gets what OPUS_HOOK says, so it has to expect that. */
static enum opus_code hook_check(struct build *b, const struct hook_note *h,
				 struct opus_error *err)
{
	static const char *const kinds[PLAN_TYPE_COUNT] = {
		[PLAN_TYPE_INT32] = "int4",   [PLAN_TYPE_UINT32] = "int4",
		[PLAN_TYPE_INT64] = "int8",   [PLAN_TYPE_UINT64] = "int8",
		[PLAN_TYPE_DOUBLE] = "float8", [PLAN_TYPE_STRING] = "ptr",
		[PLAN_TYPE_ADDRESS] = "ptr",
	};
	const char *want = "int4";

	for (size_t i = 0; i < h->args; i++)
		want = build_text(b, "%s %s", want, kinds[h->arg[i].type]);
	if (!h->signature.known || strcmp(h->signature.text, want) == 0)
		return OPUS_OK;
	return error_set(err, OPUS_INVALID,
			 "%s:%s: hook %s: by OPUS_HOOK its result and parameters are \"%s\", but it has \"%s\"",
			 h->place.file, h->place.line, h->function, want,
			 h->signature.text);
}

enum opus_code pass_signature(struct build *b, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;

	for (size_t i = 0; i < b->sources; i++)
		object_look(b, b->objects[i]);
	for (size_t i = 0; i < b->replaces; i++) {
		const struct replace *r = &b->replace[i];
		const struct facts_function *f;

		if (!r->resolved)
			continue;
		f = facts_function_at(b->facts[r->target], r->address);
		if (f && !signature_fits(&f->signature, &r->signature))
			build_tell(b, TOPIC_SIGNATURE, &r->place, r->name,
				     "keep result and parameters as they were; carry more in a variable of the patch",
				     "callers in the target do not fit the new function: result and parameters were \"%s\", are \"%s\"",
				     f->signature.text, r->signature.text);
		if (f)
			dropped_check(b, r, f);
		producer_check(b, r);
	}
	for (size_t i = 0; i < b->hooks && code == OPUS_OK; i++)
		code = hook_check(b, &b->hook[i], err);
	return code;
}
