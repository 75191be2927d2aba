/*
 * pass_name.c - the author's names to symbols of the objects.
 *
 * Called by:  build.c.  Needs objects, replace, hook; leaves replace.patch_name
 *             and hook.function as symbols (mangled in C++), and undefined.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"
#include "demangle.h"
#include "image.h"

/* What the symbol tables of all objects say about one name. */
struct search {
	const char *wanted;
	const char *found;  /* global, defined, a function */
	const char *second; /* another one that fits as well */
	bool is_static;
	bool is_hidden;
	bool is_data;
};

static void search_symbol(struct build *b, struct search *s, const Elf64_Sym *sym,
			  const char *name)
{
	int type = ELF64_ST_TYPE(sym->st_info);

	if (sym->st_shndx == SHN_UNDEF || !name_matches(name, s->wanted))
		return;
	if (type != STT_FUNC && type != STT_GNU_IFUNC)
		s->is_data = true;
	else if (ELF64_ST_BIND(sym->st_info) == STB_LOCAL)
		s->is_static = true;
	else if (ELF64_ST_VISIBILITY(sym->st_other) != STV_DEFAULT)
		s->is_hidden = true;
	else if (!s->found)
		s->found = build_text(b, "%s", name);
	else if (strcmp(s->found, name) != 0)
		s->second = build_text(b, "%s", name);
}

static enum opus_code search_end(const struct search *s,
				 const struct note_place *place, const char **ret,
				 struct opus_error *err)
{
	const char *why = "the patch does not define it";

	if (s->found && !s->second) {
		*ret = s->found;
		return OPUS_OK;
	}
	if (s->second)
		return error_set(err, OPUS_INVALID,
				 "%s:%s: %s: the patch has several functions of that name, %s and %s among them: write the parameters as well, or the mangled name (OPUS_REPLACE_NAME)",
				 place->file, place->line, s->wanted, s->found,
				 s->second);
	if (s->is_static)
		why = "it is static in the patch; remove `static` there, whatever it is in the target";
	else if (s->is_hidden)
		why = "it has hidden visibility in the patch";
	else if (s->is_data)
		why = "it is not a function; variables are not replaced (refer to them with OPUS_REF)";
	return error_set(err, OPUS_INVALID, "%s:%s: %s: %s", place->file,
			 place->line, s->wanted, why);
}

static enum opus_code undefined_add(struct build *b, const char *name,
				    struct opus_error *err)
{
	const char **grown;

	for (size_t i = 0; i < b->undefineds; i++)
		if (strcmp(b->undefined[i], name) == 0)
			return OPUS_OK;
	grown = build_grow(b->undefined, b->undefineds, sizeof(*grown));
	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	b->undefined = grown;
	grown[b->undefineds++] = build_text(b, "%s", name);
	return OPUS_OK;
}

/* An instruction that ends in the address of what the patch has not, as only
 * assembly has them: the compiler takes it from a slot, by -fPIC -fno-plt. */
static void direct_tell(struct build *b, const struct image *i,
			const struct image_symbols *t, const Elf64_Shdr *relocations)
{
	const Elf64_Shdr *code = &i->section[relocations->sh_info];
	const Elf64_Rela *r = (void *)image_section_data(i, relocations);

	if (relocations->sh_type != SHT_RELA || !r || !(code->sh_flags & SHF_EXECINSTR))
		return;
	for (size_t n = relocations->sh_size / sizeof(*r); n > 0; n--, r++) {
		size_t symbol = ELF64_R_SYM(r->r_info);
		uint32_t type = ELF64_R_TYPE(r->r_info);

		if (symbol < t->count && t->symbol[symbol].st_shndx == SHN_UNDEF &&
		    (type == R_X86_64_PC32 || type == R_X86_64_32 || type == R_X86_64_32S))
			build_tell(b, TOPIC_ASSEMBLY, NULL,
				     image_symbol_name(t, &t->symbol[symbol]),
				     "write that function without the assembly, or take the address as an operand of it",
				     "is named by assembly of the new code, which would have to lie beside it");
	}
}

static enum opus_code object_search(struct build *b, size_t index,
				    struct search *search, size_t count,
				    struct opus_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct image image;
	struct image_symbols t;
	size_t size;
	enum opus_code code = image_read(b->objects[index], &data, &size, err);

	if (code == OPUS_OK)
		code = image_init(&image, data, size, err);
	if (code != OPUS_OK)
		return code;
	t = image_symbols(&image, SHT_SYMTAB);
	for (size_t i = 1; i < image.header->e_shnum; i++)
		if (image.section[i].sh_info < image.header->e_shnum)
			direct_tell(b, &image, &t, &image.section[i]);
	for (size_t i = 1; i < t.count && code == OPUS_OK; i++) {
		const char *name = image_symbol_name(&t, &t.symbol[i]);

		for (size_t k = 0; k < count; k++)
			search_symbol(b, &search[k], &t.symbol[i], name);
		if (t.symbol[i].st_shndx == SHN_UNDEF && *name)
			code = undefined_add(b, name, err);
	}
	return code;
}

static enum opus_code replaced_twice(const struct build *b, struct opus_error *err)
{
	for (size_t i = 0; i < b->replaces; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(b->replace[i].patch_name,
				   b->replace[k].patch_name) == 0 &&
			    strcmp(b->replace[i].target_name,
				   b->replace[k].target_name) == 0)
				return error_set(err, OPUS_INVALID,
					"%s:%s: %s: replaces a function a second time",
					b->replace[i].place.file,
					b->replace[i].place.line,
					b->replace[i].patch_name);
	return OPUS_OK;
}

enum opus_code pass_name(struct build *b, struct opus_error *err)
{
	size_t count = b->replaces + b->hooks;
	CLEANUP(cleanup_free) struct search *search =
		calloc(count, sizeof(*search));
	enum opus_code code = OPUS_OK;

	if (!search)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	for (size_t i = 0; i < b->replaces; i++)
		search[i].wanted = b->replace[i].patch_name;
	for (size_t i = 0; i < b->hooks; i++)
		search[b->replaces + i].wanted = b->hook[i].function;
	for (size_t i = 0; i < b->sources && code == OPUS_OK; i++)
		code = object_search(b, i, search, count, err);
	for (size_t i = 0; i < b->replaces && code == OPUS_OK; i++) {
		struct replace *r = &b->replace[i];
		bool same = strcmp(r->target_name, r->patch_name) == 0;

		code = search_end(&search[i], &r->place, &r->patch_name, err);
		/* OPUS_REPLACE(net::read) means the overload that is here. */
		if (code == OPUS_OK && same)
			r->target_name = r->patch_name;
	}
	for (size_t i = 0; i < b->hooks && code == OPUS_OK; i++)
		code = search_end(&search[b->replaces + i], &b->hook[i].place,
				  &b->hook[i].function, err);
	return code == OPUS_OK ? replaced_twice(b, err) : code;
}
