/*
 * likeness.c - of several ways in which a source was compiled: how much of it a
 *              target holds.
 *
 * Called by:  pass_locate.c, again.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Sources that programs and servers share are compiled once for each, with
 * another macro or two, and nothing in the debug information names macros. The
 * code does: compiled anew, the right one has the functions that the target has.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "diff.h"
#include "image.h"
#include "twin.h"

static enum opus_code old_compile(struct build *b, const struct unit *u, const char *object,
				  struct opus_error *err)
{
	static const char *const words[] = {"-w", "-g0", "-fno-lto"};
	const struct text *t = text_is_there(&u->before) ? &u->before : &u->after;
	const char *source = build_text(b, "%s/like.%s", b->folder, u->cxx ? "ii" : "i");
	CLEANUP(cleanup_free) char *bytes = shelved_bytes(&t->kept);
	struct command c;
	enum opus_code code;

	if (!bytes)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	code = image_write(source, bytes, t->size, err);
	if (code != OPUS_OK)
		return code;
	unit_command(u, false, &c);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		command_add(&c, "%s", words[i]);
	command_add(&c, "-x");
	command_add(&c, u->cxx ? "c++-cpp-output" : "cpp-output");
	command_add(&c, "-c");
	command_add(&c, "%s", source);
	command_add(&c, "-o");
	command_add(&c, "%s", object);
	c.quiet = true;
	code = command_run(&c, b->options->verbose, err);
	command_deinit(&c);
	return code;
}

/* Is the function in that unit of the target? Parts and clones, "f.cold", another
 * compiler may not make. */
static bool is_in(const struct object_symbol *s, Dwarf_Die *cu)
{
	return s->code && s->type == STT_FUNC && !(cu && strchr(s->name, '.')) && (!cu || dwarf_haspc(cu, s->value) == 1);
}

/* A function of the compiled unit. */
struct compiled {
	const char *name;
	const uint8_t *bytes;
	uint64_t at, size;
};

static void function_look(const struct object *o, Dwarf_Die *cu, const struct compiled *c,
			  struct likeness *ret)
{
	bool named = false;

	for (size_t i = 0; i < o->defined; i++) {
		const struct object_symbol *s = &o->symbol[i];
		const uint8_t *held;

		if (strcmp(s->name, c->name) != 0 || !is_in(s, cu))
			continue;
		named = true;
		held = s->size == c->size ? object_bytes(o, s->value, s->size) : NULL;
		if (held && code_alike(c->bytes, c->at, held, s->value, s->size)) {
			ret->alike++;
			return;
		}
	}
	ret->missing += !named;
}

static bool is_function(const struct image *i, const struct image_symbols *t, size_t index,
			struct compiled *ret)
{
	const Elf64_Sym *s = &t->symbol[index];
	const Elf64_Shdr *in = s->st_shndx != SHN_UNDEF && s->st_shndx < i->header->e_shnum
				       ? &i->section[s->st_shndx]
				       : NULL;
	const uint8_t *bytes = in ? image_section_data(i, in) : NULL;

	if (!bytes || ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_value > in->sh_size ||
	    s->st_size > in->sh_size - s->st_value)
		return false;
	*ret = (struct compiled){image_symbol_name(t, s), bytes + s->st_value, s->st_value,
				 s->st_size};
	return true;
}

static void functions_look(const struct image *i, const struct object *o, Dwarf_Die *cu,
			   struct likeness *ret)
{
	struct image_symbols t = image_symbols(i, SHT_SYMTAB);
	struct compiled c;

	for (size_t k = 0; k < t.count; k++)
		if (is_function(i, &t, k, &c))
			function_look(o, cu, &c, ret);
	for (size_t k = 0; cu && k < o->defined; k++) {
		bool known = !is_in(&o->symbol[k], cu);

		for (size_t n = 0; n < t.count && !known; n++)
			known = is_function(i, &t, n, &c) &&
				strcmp(c.name, o->symbol[k].name) == 0;
		ret->foreign += !known;
	}
}

/* Once for all targets. What cannot be compiled by itself is like nothing. */
static enum opus_code object_make(struct build *b, struct unit *u, struct opus_error *err)
{
	const char *object = build_text(b, "%s/like%zu.o", b->folder, b->diff->likes++);
	enum opus_code code = OPUS_OK;

	if (!text_is_there(&u->before))
		code = units_preprocess(b, &u, 1, true, err);
	if (code == OPUS_OK)
		code = old_compile(b, u, object, err);
	if (code != OPUS_OK && code != OPUS_INVALID)
		return code;
	u->alike = code == OPUS_OK ? object : "";
	return OPUS_OK;
}

enum opus_code unit_likeness(struct build *b, struct unit *u, size_t target, Dwarf_Die *cu,
			     struct likeness *ret, struct opus_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct image i;
	size_t size;
	enum opus_code code = OPUS_OK;

	*ret = (struct likeness){0};
	if (!u->alike)
		code = object_make(b, u, err);
	if (code != OPUS_OK || !*u->alike)
		return code;
	code = image_read(u->alike, &data, &size, err);
	if (code == OPUS_OK)
		code = image_init(&i, data, size, err);
	if (code == OPUS_OK)
		functions_look(&i, b->target[target], cu, ret);
	return code == OPUS_INVALID ? OPUS_OK : code;
}
