/*
 * shape.c - the code of each function, and the first value of each variable,
 *           in an object file as a number.
 *
 * Called by:  knowledge.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * What two compilations of one function may differ in without a difference in
 * what it does: the numbers of local labels, of clones and of variables of
 * functions, and the places of strings and constants in sections that the
 * linker merges. So relocations are looked at by name and content, never by
 * the number of their symbol. Anything else counts as a difference: the price
 * of an error in this direction is a function more in the patch.
 */
#include "shape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"
#include "common/digest.h"
#include "image.h"

struct reader {
	struct image image;
	struct image_symbols symbols;
	const Elf64_Shdr **relas; /* by section: its relocations, or NULL */
};

/* A digest as a number, so that those of several sections can be added. */
static uint64_t sum_end(struct sha256 *s)
{
	uint8_t digest[DIGEST_SIZE];
	uint64_t sum;

	sha256_end(s, digest);
	memcpy(&sum, digest, sizeof(sum));
	return sum;
}

static void text_add(struct sha256 *s, const char *text, size_t size)
{
	sha256_add(s, &size, sizeof(size));
	sha256_add(s, text, size);
}

/* Length of a name without the numbers that the compiler puts behind it. */
static size_t name_length(const char *name)
{
	size_t length = strlen(name);

	for (size_t at = length; at > 1; length = at) {
		while (at > 1 && isdigit((unsigned char)name[at - 1]))
			at--;
		if (at == length || (name[--at] != '.' && name[at] != '$'))
			return length;
	}
	return length;
}

static const Elf64_Shdr *section_of(const struct reader *r, const Elf64_Sym *y)
{
	return y->st_shndx == SHN_UNDEF || y->st_shndx >= r->image.header->e_shnum
		       ? NULL : &r->image.section[y->st_shndx];
}

static bool is_pc_relative(uint32_t type)
{
	return type == R_X86_64_PC32 || type == R_X86_64_PLT32 ||
	       type == R_X86_64_GOTPCREL || type == R_X86_64_GOTPCRELX ||
	       type == R_X86_64_REX_GOTPCRELX || type == R_X86_64_PC64;
}

/* A string or constant in a section whose pieces are merged, by content. */
static void piece_add(const struct reader *r, struct sha256 *s,
		      const Elf64_Shdr *section, const Elf64_Sym *y,
		      const Elf64_Rela *rela)
{
	const uint8_t *data = image_section_data(&r->image, section);
	int64_t at = (int64_t)y->st_value, addend = rela->r_addend;
	size_t left, size = section->sh_entsize;

	if (ELF64_ST_TYPE(y->st_info) == STT_SECTION) {
		at += addend + (is_pc_relative((uint32_t)ELF64_R_TYPE(rela->r_info))
					? 4 : 0);
		addend = 0;
	}
	if (!data || at < 0 || (uint64_t)at >= section->sh_size)
		return sha256_add(s, rela, sizeof(*rela));
	left = section->sh_size - (size_t)at;
	if (section->sh_flags & SHF_STRINGS && section->sh_entsize == 1)
		size = strnlen((const char *)data + at, left);
	text_add(s, (const char *)data + at, size < left ? size : left);
	sha256_add(s, &addend, sizeof(addend));
}

static void section_add(const struct reader *r, struct sha256 *s, unsigned int n,
			unsigned int depth);

/* What a relocation leads to. */
static void target_add(const struct reader *r, struct sha256 *s,
		       const Elf64_Rela *rela, unsigned int depth)
{
	size_t index = ELF64_R_SYM(rela->r_info);
	const Elf64_Sym *y = index < r->symbols.count ? &r->symbols.symbol[index] : NULL;
	const Elf64_Shdr *section = y ? section_of(r, y) : NULL;
	const char *name = y ? image_symbol_name(&r->symbols, y) : "";
	int64_t offset = rela->r_addend;

	if (section && section->sh_flags & SHF_MERGE)
		return piece_add(r, s, section, y, rela);
	if (section && (ELF64_ST_TYPE(y->st_info) == STT_SECTION ||
			strncmp(name, ".L", 2) == 0)) {
		name = image_section_name(&r->image, section);
		offset += (int64_t)y->st_value;
		/* Tables of jumps, and constants without a name. */
		if (depth == 0 && strncmp(name, ".rodata", 7) == 0)
			section_add(r, s, y->st_shndx, depth + 1);
	}
	text_add(s, name, name_length(name));
	sha256_add(s, &offset, sizeof(offset));
}

static void section_add(const struct reader *r, struct sha256 *s, unsigned int n,
			unsigned int depth)
{
	const struct image *i = &r->image;
	const uint8_t *data = image_section_data(i, &i->section[n]);
	const Elf64_Shdr *relas = r->relas[n];
	const Elf64_Rela *rela = relas ? (const void *)image_section_data(i, relas)
				       : NULL;

	if (data)
		text_add(s, (const char *)data, i->section[n].sh_size);
	for (size_t e = 0; rela && e < relas->sh_size / sizeof(*rela); e++) {
		uint64_t type = ELF64_R_TYPE(rela[e].r_info);

		sha256_add(s, &rela[e].r_offset, sizeof(rela[e].r_offset));
		sha256_add(s, &type, sizeof(type));
		target_add(r, s, &rela[e], depth);
	}
}

/* A section of code, under the name of the function that it belongs to. */
static bool shape_add(struct shapes *ret, const char *symbol, uint64_t sum, bool constant)
{
	const char *dot = strchr(symbol + 1, '.');
	size_t length = dot ? (size_t)(dot - symbol) : strlen(symbol);
	struct shape *grown = build_grow(ret->shape, ret->count, sizeof(*grown));

	if (!grown)
		return false;
	ret->shape = grown;
	grown[ret->count] = (struct shape){strndup(symbol, length), sum, constant};
	if (!grown[ret->count].name)
		return false;
	ret->count++;
	return true;
}

static int shape_compare(const void *a, const void *b)
{
	return strcmp(((const struct shape *)a)->name,
		      ((const struct shape *)b)->name);
}

/* Sort them, and add up those of one function. */
static void shapes_merge(struct shapes *s)
{
	size_t kept = 0;

	if (s->count)
		qsort(s->shape, s->count, sizeof(*s->shape), shape_compare);
	for (size_t i = 0; i < s->count; i++) {
		if (kept == 0 || shape_compare(&s->shape[kept - 1], &s->shape[i]) != 0) {
			s->shape[kept++] = s->shape[i];
			continue;
		}
		s->shape[kept - 1].sum += s->shape[i].sum;
		s->shape[kept - 1].constant &= s->shape[i].constant;
		free(s->shape[i].name);
	}
	s->count = kept;
}

static void relas_find(struct reader *r)
{
	const struct image *i = &r->image;

	for (unsigned int k = 0; k < i->header->e_shnum; k++)
		if (i->section[k].sh_type == SHT_RELA &&
		    i->section[k].sh_info < i->header->e_shnum)
			r->relas[i->section[k].sh_info] = &i->section[k];
}

static enum opus_code functions_add(struct reader *r, struct shapes *ret,
				    struct opus_error *err)
{
	for (size_t i = 0; i < r->symbols.count; i++) {
		const Elf64_Sym *y = &r->symbols.symbol[i];
		const Elf64_Shdr *section = section_of(r, y);
		const char *name = image_symbol_name(&r->symbols, y);
		struct sha256 s;

		if (ELF64_ST_TYPE(y->st_info) != STT_FUNC || !section || !*name ||
		    !(section->sh_flags & SHF_EXECINSTR))
			continue;
		sha256_init(&s);
		text_add(&s, name, name_length(name));
		section_add(r, &s, y->st_shndx, 0);
		if (!shape_add(ret, name, sum_end(&s), true))
			return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	return OPUS_OK;
}

/* Bytes and relocations of a variable; zeros are the same wherever they lie. */
static void value_add(const struct reader *r, struct sha256 *s, const Elf64_Sym *y)
{
	const Elf64_Shdr *section = section_of(r, y), *relas;
	const uint8_t *data = section ? image_section_data(&r->image, section) : NULL;
	uint64_t end = y->st_value + y->st_size;
	const Elf64_Rela *rela;

	sha256_add(s, &y->st_size, sizeof(y->st_size));
	for (uint64_t at = y->st_value; at < end; at++)
		if (data && at < section->sh_size && data[at]) {
			uint64_t place = at - y->st_value;

			sha256_add(s, &place, sizeof(place));
			sha256_add(s, &data[at], 1);
		}
	relas = section ? r->relas[y->st_shndx] : NULL;
	rela = relas ? (const void *)image_section_data(&r->image, relas) : NULL;
	for (size_t e = 0; rela && e < relas->sh_size / sizeof(*rela); e++) {
		uint64_t place = rela[e].r_offset - y->st_value;

		if (rela[e].r_offset < y->st_value || rela[e].r_offset >= end)
			continue;
		sha256_add(s, &place, sizeof(place));
		target_add(r, s, &rela[e], 0);
	}
}

/* GCC puts static variables that nothing writes where constants are. */
static bool is_constant(const struct reader *r, const Elf64_Sym *y)
{
	const Elf64_Shdr *section = section_of(r, y);
	const char *name = section ? image_section_name(&r->image, section) : "";

	return strncmp(name, ".rodata", 7) == 0 || strncmp(name, ".data.rel.ro", 12) == 0;
}

/* A variable of a function is "NAME.NUMBER" to gcc and "FUNCTION.NAME", perhaps with a
 * number, to clang. */
static const char *value_name(const char *symbol)
{
	const char *name = symbol;

	for (const char *dot = strchr(symbol + 1, '.'); dot; dot = strchr(dot + 1, '.'))
		if (dot[1] && !isdigit((unsigned char)dot[1]))
			name = dot + 1;
	return name;
}

static enum opus_code values_add(struct reader *r, struct shapes *ret,
				 struct opus_error *err)
{
	for (size_t i = 0; i < r->symbols.count; i++) {
		const Elf64_Sym *y = &r->symbols.symbol[i];
		const char *name = image_symbol_name(&r->symbols, y);
		struct sha256 s;

		if (ELF64_ST_TYPE(y->st_info) != STT_OBJECT || !*name ||
		    y->st_shndx == SHN_UNDEF)
			continue;
		sha256_init(&s);
		value_add(r, &s, y);
		if (!shape_add(ret, value_name(name), sum_end(&s), is_constant(r, y)))
			return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	return OPUS_OK;
}

enum opus_code shapes_read(const char *path, struct shapes *ret, struct shapes *values,
			   struct opus_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	CLEANUP(cleanup_free) const Elf64_Shdr **relas = NULL;
	struct reader r = {0};
	size_t size;
	enum opus_code code = image_read(path, &data, &size, err);

	memset(ret, 0, sizeof(*ret));
	memset(values, 0, sizeof(*values));
	if (code == OPUS_OK)
		code = image_init(&r.image, data, size, err);
	if (code != OPUS_OK)
		return code;
	r.relas = relas = calloc(r.image.header->e_shnum, sizeof(*relas));
	if (!relas)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	relas_find(&r);
	r.symbols = image_symbols(&r.image, SHT_SYMTAB);
	code = functions_add(&r, ret, err);
	if (code == OPUS_OK)
		code = values_add(&r, values, err);
	shapes_merge(ret);
	shapes_merge(values);
	return code;
}

void shapes_deinit(struct shapes *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->shape[i].name);
	free(s->shape);
	memset(s, 0, sizeof(*s));
}

const struct shape *shapes_find(const struct shapes *s, const char *name)
{
	struct shape key = {.name = (char *)name};

	return s->count ? bsearch(&key, s->shape, s->count, sizeof(key),
				  shape_compare) : NULL;
}
