/*
 * plan_write.c - put a plan together and embed it in an ELF file.
 *
 * Called by:  opus-build's plan pass; unit tests.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The counterpart of plan.c. Everything about records comes from the lists in
 * plan.h; this file knows tables, strings and bytes only.
 *
 *   file before: | headers, segments, ... | .shstrtab | section table |
 *   file after:  | headers, segments, ... | .shstrtab + name | plan | table |
 *
 * The old names and table are cut off where they are the end of the file, as
 * ld leaves them; else they stay behind as unused bytes.
 */
#include "plan_write.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static uint32_t table_record_size(enum plan_table_id id)
{
	const struct plan_table_info *info = plan_table_describe(id);

	return info ? info->record_size : 1;
}

/* Offset of the copy, 0 after a failure (which is remembered). */
static uint32_t table_append(struct plan_write *w, enum plan_table_id id,
			     const void *data, size_t size)
{
	struct plan_write_table *t = &w->table[id];
	size_t at = t->used;

	if (w->failed || size > UINT32_MAX - t->used) {
		w->failed = true;
		return 0;
	}
	if (t->room - t->used < size) {
		size_t room = 2 * t->room + size + 256;
		uint8_t *grown = realloc(t->data, room);

		if (!grown) {
			w->failed = true;
			return 0;
		}
		t->data = grown;
		t->room = room;
	}
	if (size > 0)
		memcpy(t->data + at, data, size);
	t->used += size;
	return (uint32_t)at;
}

void plan_write_init(struct plan_write *w)
{
	memset(w, 0, sizeof(*w));
	table_append(w, PLAN_TABLE_STRINGS, "", 1);
}

void plan_write_deinit(struct plan_write *w)
{
	if (!w)
		return;
	for (int i = 0; i < PLAN_TABLE_COUNT; i++)
		free(w->table[i].data);
	memset(w, 0, sizeof(*w));
}

uint32_t plan_write_string(struct plan_write *w, const char *text)
{
	struct plan_write_table *t = &w->table[PLAN_TABLE_STRINGS];
	size_t size = text ? strlen(text) + 1 : 1;

	/* Each string starts behind the NUL of the one before it. */
	for (size_t at = 0; at < t->used;) {
		size_t here = strlen((char *)t->data + at) + 1;

		if (here == size && memcmp(t->data + at, text ? text : "", size) == 0)
			return (uint32_t)at;
		at += here;
	}
	return table_append(w, PLAN_TABLE_STRINGS, text ? text : "", size);
}

uint32_t plan_write_bytes(struct plan_write *w, const void *data, size_t size)
{
	return table_append(w, PLAN_TABLE_BYTES, data, size);
}

uint32_t plan_write_count(const struct plan_write *w, enum plan_table_id id)
{
	return (uint32_t)(w->table[id].used / table_record_size(id));
}

#define T(NAME, name, text)                                                    \
	uint32_t plan_write_##name(struct plan_write *w,                       \
				   const struct plan_##name *record)           \
	{                                                                      \
		uint32_t index = plan_write_count(w, PLAN_TABLE_##NAME);       \
									       \
		table_append(w, PLAN_TABLE_##NAME, record, sizeof(*record));   \
		return index;                                                  \
	}
PLAN_TABLES(T)
#undef T

static void header_seal(struct plan_header *h)
{
	struct plan_header copy = *h;

	memset(copy.digest, 0, sizeof(copy.digest));
	copy.crc = 0;
	h->crc = crc32c(&copy, sizeof(copy));
}

enum opus_code plan_write_section(struct plan_write *w, void **ret,
				  size_t *ret_size, struct opus_error *err)
{
	struct plan_header h = {.version = PLAN_VERSION,
				.tables = PLAN_TABLE_COUNT};
	size_t at = align8(sizeof(h));
	uint8_t *out = NULL;

	*ret = NULL;
	*ret_size = 0;
	for (int i = 0; i < PLAN_TABLE_COUNT; i++) {
		struct plan_write_table *t = &w->table[i];

		h.table[i].offset = (uint32_t)at;
		h.table[i].size = table_record_size(i);
		h.table[i].count = plan_write_count(w, i);
		h.table[i].crc = crc32c(t->data, t->used);
		at = align8(at + t->used);
	}
	if (!w->failed && at <= UINT32_MAX)
		out = calloc(1, at);
	if (!out)
		return error_set(err, OPUS_RESOURCE, "no memory for the plan");
	memcpy(h.magic, PLAN_MAGIC, sizeof(h.magic));
	h.size = (uint32_t)at;
	header_seal(&h);
	memcpy(out, &h, sizeof(h));
	for (int i = 0; i < PLAN_TABLE_COUNT; i++)
		if (w->table[i].used > 0)
			memcpy(out + h.table[i].offset, w->table[i].data,
			       w->table[i].used);
	*ret = out;
	*ret_size = at;
	return OPUS_OK;
}

/* The section table of an ELF64 shared object, or NULL. */
static const Elf64_Shdr *elf_sections(const uint8_t *elf, size_t size)
{
	const Elf64_Ehdr *e = (const void *)elf;
	const Elf64_Shdr *s;

	if (size < sizeof(*e) || memcmp(elf, ELFMAG, SELFMAG) != 0 ||
	    e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_machine != EM_X86_64 ||
	    e->e_type != ET_DYN || e->e_shentsize != sizeof(*s) ||
	    e->e_shoff > size || e->e_shoff % 8 != 0 ||
	    e->e_shnum > (size - e->e_shoff) / sizeof(*s) ||
	    e->e_shstrndx >= e->e_shnum)
		return NULL;
	s = (const void *)(elf + e->e_shoff);
	if (s[e->e_shstrndx].sh_offset > size ||
	    s[e->e_shstrndx].sh_size > size - s[e->e_shstrndx].sh_offset)
		return NULL;
	return s;
}

/* Where the part of the file ends that has to stay: see the head. */
static size_t elf_kept(const Elf64_Ehdr *e, const Elf64_Shdr *s, size_t size)
{
	size_t kept = sizeof(*e) + e->e_phoff + e->e_phnum * sizeof(Elf64_Phdr);

	for (unsigned int i = 0; i < e->e_shnum; i++)
		if (i != e->e_shstrndx && s[i].sh_type != SHT_NOBITS &&
		    s[i].sh_type != SHT_NULL &&
		    s[i].sh_offset + s[i].sh_size > kept)
			kept = s[i].sh_offset + s[i].sh_size;
	return kept < size ? kept : size;
}

static bool elf_has_plan(const Elf64_Ehdr *e, const Elf64_Shdr *s,
			 const Elf64_Shdr *names)
{
	const char *base = (const char *)e + names->sh_offset;

	for (unsigned int i = 0; i < e->e_shnum; i++)
		if (s[i].sh_name < names->sh_size &&
		    names->sh_size - s[i].sh_name >= sizeof(PLAN_SECTION) &&
		    memcmp(base + s[i].sh_name, PLAN_SECTION,
			   sizeof(PLAN_SECTION)) == 0)
			return true;
	return false;
}

/* Offsets of the three parts at the end of the new file. */
struct layout {
	size_t kept;
	size_t names;
	size_t plan;
	size_t table;
	size_t size;
};

static void layout_fill(uint8_t *out, const struct layout *at,
			const Elf64_Shdr *s, const Elf64_Shdr *names,
			const void *section, size_t section_size)
{
	Elf64_Ehdr *e = (void *)out;
	Elf64_Shdr *new_s = (void *)(out + at->table);
	size_t names_size = names->sh_size;

	memcpy(out + at->names + names_size, PLAN_SECTION, sizeof(PLAN_SECTION));
	memcpy(out + at->plan, section, section_size);
	memcpy(new_s, s, e->e_shnum * sizeof(*s));
	new_s[e->e_shstrndx].sh_offset = at->names;
	new_s[e->e_shstrndx].sh_size = names_size + sizeof(PLAN_SECTION);
	new_s[e->e_shnum] = (Elf64_Shdr){
		.sh_name = (Elf64_Word)names_size,
		.sh_type = SHT_PROGBITS,
		.sh_offset = at->plan,
		.sh_size = section_size,
		.sh_addralign = 8,
	};
	e->e_shoff = at->table;
	e->e_shnum++;
	plan_digest(out, at->size,
		    at->plan + offsetof(struct plan_header, digest),
		    out + at->plan + offsetof(struct plan_header, digest));
}

enum opus_code plan_write_embed(const void *elf, size_t elf_size,
				const void *section, size_t section_size,
				void **ret, size_t *ret_size,
				struct opus_error *err)
{
	const Elf64_Ehdr *e = elf;
	const Elf64_Shdr *s = elf_sections(elf, elf_size);
	const Elf64_Shdr *names;
	struct layout at;
	uint8_t *out;

	*ret = NULL;
	*ret_size = 0;
	if (!s)
		return error_set(err, OPUS_INVALID,
				 "not an ELF64 shared object for x86-64");
	names = &s[e->e_shstrndx];
	if (elf_has_plan(e, s, names))
		return error_set(err, OPUS_INVALID, "there is a plan already");
	at.kept = elf_kept(e, s, elf_size);
	at.names = at.kept;
	at.plan = align8(at.names + names->sh_size + sizeof(PLAN_SECTION));
	at.table = align8(at.plan + section_size);
	at.size = at.table + (e->e_shnum + 1u) * sizeof(*s);
	out = calloc(1, at.size);
	if (!out)
		return error_set(err, OPUS_RESOURCE, "no memory for the patch");
	memcpy(out, elf, at.kept);
	memcpy(out + at.names, (const uint8_t *)elf + names->sh_offset,
	       names->sh_size);
	layout_fill(out, &at, s, names, section, section_size);
	*ret = out;
	*ret_size = at.size;
	return OPUS_OK;
}

void plan_write_reseal(void *file, size_t size)
{
	const Elf64_Ehdr *e = file;
	const Elf64_Shdr *s = elf_sections(file, size);
	struct plan_header *h = NULL;
	uint8_t *base = file;

	for (unsigned int i = 0; s && i < e->e_shnum; i++)
		if (s[i].sh_offset % 8 == 0 && s[i].sh_offset < size &&
		    s[i].sh_size <= size - s[i].sh_offset &&
		    s[i].sh_size >= sizeof(*h) && s[i].sh_type != SHT_NOBITS &&
		    memcmp(base + s[i].sh_offset, PLAN_MAGIC, 8) == 0)
			h = (void *)(base + s[i].sh_offset);
	if (!h)
		return;
	for (int i = 0; i < PLAN_TABLE_COUNT; i++) {
		struct plan_table *t = &h->table[i];
		uint64_t bytes = (uint64_t)t->count * t->size;
		size_t room = size - (size_t)((uint8_t *)h - base);

		if (t->offset > room || bytes > room - t->offset)
			continue;
		t->crc = crc32c((uint8_t *)h + t->offset, bytes);
	}
	header_seal(h);
	plan_digest(file, size, (size_t)(h->digest - base), h->digest);
}
