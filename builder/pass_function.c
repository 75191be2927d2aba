/*
 * pass_function.c - where the new functions and the hooks are in the patch.
 *
 * Called by:  build.c.  Needs image; leaves replace.function and hook.found.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <string.h>

#include "build.h"
#include "code.h"
#include "image.h"

static const Elf64_Sym *function_find(const struct image_symbols *t,
				      const char *name)
{
	for (size_t i = 1; i < t->count; i++) {
		const Elf64_Sym *s = &t->symbol[i];

		if (s->st_shndx != SHN_UNDEF &&
		    ELF64_ST_TYPE(s->st_info) == STT_FUNC &&
		    strcmp(image_symbol_name(t, s), name) == 0)
			return s;
	}
	return NULL;
}

static enum opus_code function_locate(const struct image_symbols *t,
				      const struct note_place *place,
				      const char *name, struct patch_function *ret,
				      struct opus_error *err)
{
	const Elf64_Sym *s = function_find(t, name);

	if (!s)
		return error_set(err, OPUS_INVALID,
				 "%s:%s: the patch exports no function %s: it has to be defined in it, not static and not hidden",
				 place->file, place->line, name);
	ret->offset = s->st_value;
	ret->size = s->st_size;
	return OPUS_OK;
}

/* Does the new function change memory, or call somebody who may? */
static bool function_stores(const struct image *i, const struct patch_function *f)
{
	const uint8_t *bytes = image_at(i, f->offset, f->size);
	struct code_use use = {0};
	struct decoded d;

	for (uint64_t at = 0; bytes && at < f->size; at += d.length) {
		if (!decode(bytes + at, f->size - at, at, &d))
			return true;
		code_use_add(&d, &use);
	}
	return use.stores;
}

/* GCC finds out which functions of a unit change no memory (-fipa-modref,
 * -fipa-pure-const); callers then keep values across the call. A diff has
 * replaced those (knowledge.c). */
static void quiet_check(struct build *b, const struct image *i,
			const struct image_symbols *t, const struct replace *r)
{
	struct patch_function f;

	if (!r->quiet || b->diff ||
	    function_locate(t, &r->place, r->patch_name, &f, NULL) != OPUS_OK ||
	    !function_stores(i, &f))
		return;
	build_tell(b, TOPIC_QUIET, &r->place, r->name,
		   "if what it changes is read by its callers, replace them too",
		   "changed no memory before: callers in its source file may have been compiled to read a variable once, before the call, or to call it less often");
}

enum opus_code pass_function(struct build *b, struct opus_error *err)
{
	struct image i;
	struct image_symbols t;
	enum opus_code code = image_init(&i, b->image, b->image_size, err);

	if (code != OPUS_OK)
		return code;
	t = image_symbols(&i, SHT_DYNSYM);
	for (size_t n = 0; n < b->replaces && code == OPUS_OK; n++) {
		struct replace *r = &b->replace[n];

		code = function_locate(&t, &r->place,
				       r->thunk ? r->thunk : r->patch_name,
				       &r->function, err);
		if (code == OPUS_OK)
			quiet_check(b, &i, &t, r);
	}
	for (size_t n = 0; n < b->hooks && code == OPUS_OK; n++)
		code = function_locate(&t, &b->hook[n].place, b->hook[n].function,
				       &b->hook[n].found, err);
	return code;
}
