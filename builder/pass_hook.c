/*
 * pass_hook.c - the address arguments of hooks.
 *
 * Called by:  build.c.  Needs hook, facts; leaves value and target of each
 *             argument of type address.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <string.h>

#include "build.h"
#include "lookup.h"

static enum opus_code address_find(struct build *b, const struct hook_note *h,
				   struct hook_arg *a, struct opus_error *err)
{
	const char *unit = "", *function = "", *name = a->text;
	struct candidates found;

	/* OPUS_REF_IN says which one, here as for a declaration. */
	for (size_t i = 0; i < b->ref_notes; i++)
		if (strcmp(b->ref_note[i].label, name) == 0) {
			unit = b->ref_note[i].unit;
			function = b->ref_note[i].function;
			name = b->ref_note[i].target_name;
			break;
		}
	lookup_variables(b, name, unit, function, &found);
	if (found.count == 0)
		lookup_functions(b, name, unit, &found);
	if (found.count == 0)
		return error_set(err, OPUS_INVALID,
				 "%s:%s: hook %s: no target has a symbol %s",
				 h->place.file, h->place.line, h->function, name);
	if (found.count > 1)
		return error_set(err, OPUS_INVALID,
				 "%s:%s: hook %s: there are several %s: %s; say which with OPUS_REF_IN",
				 h->place.file, h->place.line, h->function, name,
				 candidates_text(b, &found));
	if (found.at[0].tls || found.at[0].constant)
		return error_set(err, OPUS_INVALID, "%s:%s: hook %s: %s %s",
				 h->place.file, h->place.line, h->function, name,
				 found.at[0].tls ? "is thread-local: it has one address per thread"
						 : "was optimised away");
	/* The address would be that of the function that chooses. */
	if (found.at[0].type == STT_GNU_IFUNC)
		return error_set(err, OPUS_INVALID,
				 "%s:%s: hook %s: %s is chosen when the program starts (ifunc): call it, or take its address, in the hook",
				 h->place.file, h->place.line, h->function, name);
	a->value = found.at[0].address;
	a->target = found.at[0].target;
	return OPUS_OK;
}

enum opus_code pass_hook(struct build *b, struct opus_error *err)
{
	for (size_t i = 0; i < b->hooks; i++)
		for (size_t k = 0; k < b->hook[i].args; k++) {
			enum opus_code code = OPUS_OK;

			if (b->hook[i].arg[k].type == PLAN_TYPE_ADDRESS)
				code = address_find(b, &b->hook[i],
						    &b->hook[i].arg[k], err);
			if (code != OPUS_OK)
				return code;
		}
	return OPUS_OK;
}
