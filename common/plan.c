/*
 * plan.c - find the plan in a patch file and check all of it.
 *
 * Called by:  the agent (patch_load.c), opus-send, opus-build's last pass.
 * Runs on:    agent thread or command.
 * Locks:      none; allocates nothing.
 * Signal:     unsafe: formats messages.
 *
 * The file comes from somewhere else, so every number in it is an enemy until
 * it was compared with a limit. The order is: file fits ELF, section fits
 * file, header fits section, tables fit section, fields fit tables. Only then
 * are pointers handed out.
 */
#include "plan.h"

#include <elf.h>
#include <string.h>

#define DESCRIBE(name, NAME)                                                   \
	static const struct plan_field name##_fields[] = {PLAN_##NAME##_FIELDS(F)};

#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_info, field), sizeof(type), kind},
DESCRIBE(info, INFO)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_label, field), sizeof(type), kind},
DESCRIBE(label, LABEL)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_target, field), sizeof(type), kind},
DESCRIBE(target, TARGET)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_func, field), sizeof(type), kind},
DESCRIBE(func, FUNC)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_range, field), sizeof(type), kind},
DESCRIBE(range, RANGE)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_fixup, field), sizeof(type), kind},
DESCRIBE(fixup, FIXUP)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_point, field), sizeof(type), kind},
DESCRIBE(point, POINT)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_ref, field), sizeof(type), kind},
DESCRIBE(ref, REF)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_hook, field), sizeof(type), kind},
DESCRIBE(hook, HOOK)
#undef F
#define F(type, field, kind, text) \
	{#field, text, offsetof(struct plan_arg, field), sizeof(type), kind},
DESCRIBE(arg, ARG)
#undef F

static const struct plan_table_info table_infos[] = {
#define T(NAME, name, text)                                                    \
	{#name, text, name##_fields,                                           \
	 sizeof(name##_fields) / sizeof(name##_fields[0]),                     \
	 sizeof(struct plan_##name)},
	PLAN_TABLES(T)
#undef T
};

const struct plan_table_info *plan_table_describe(enum plan_table_id id)
{
	return id < PLAN_TABLE_STRINGS ? &table_infos[id] : NULL;
}

#define NAMES(function, list, count)                                           \
	const char *function(uint32_t value)                                   \
	{                                                                      \
		static const char *const names[] = {list(V)};                  \
		return value < (count) ? names[value] : "unknown";             \
	}
#define V(name, json, text) json,
NAMES(plan_ref_name, PLAN_REFS, PLAN_REF_COUNT)
NAMES(plan_hook_name, PLAN_HOOKS, PLAN_HOOK_COUNT)
NAMES(plan_where_name, PLAN_WHERES, PLAN_WHERE_COUNT)
NAMES(plan_type_name, PLAN_TYPES, PLAN_TYPE_COUNT)
#undef V

/* [at, at + size) lies inside [0, limit), without overflow. */
static bool inside(uint64_t at, uint64_t size, uint64_t limit)
{
	return at <= limit && size <= limit - at;
}

static enum opus_code elf_check(const uint8_t *file, size_t size,
				struct opus_error *err)
{
	const Elf64_Ehdr *e = (const void *)file;

	if (size == 0)
		return error_set(err, OPUS_INVALID, "the file is empty");
	if (size < sizeof(*e) || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0)
		return error_set(err, OPUS_INVALID, "not an ELF file");
	if (e->e_ident[EI_CLASS] != ELFCLASS64 ||
	    e->e_ident[EI_DATA] != ELFDATA2LSB || e->e_machine != EM_X86_64)
		return error_set(err, OPUS_INVALID,
				 "made for another architecture (ELF machine %u)",
				 e->e_machine);
	if (e->e_type != ET_DYN)
		return error_set(err, OPUS_INVALID, "not a shared object");
	if (e->e_shentsize != sizeof(Elf64_Shdr) || e->e_shoff % 8 != 0 ||
	    !inside(e->e_shoff, (uint64_t)e->e_shnum * sizeof(Elf64_Shdr), size) ||
	    e->e_shstrndx >= e->e_shnum)
		return error_set(err, OPUS_INVALID,
				 "the section table is outside the file (cut off?)");
	return OPUS_OK;
}

static enum opus_code section_find(const uint8_t *file, size_t size,
				   const Elf64_Shdr **ret, struct opus_error *err)
{
	const Elf64_Ehdr *e = (const void *)file;
	const Elf64_Shdr *s = (const void *)(file + e->e_shoff);
	const Elf64_Shdr *names = &s[e->e_shstrndx];

	if (!inside(names->sh_offset, names->sh_size, size))
		return error_set(err, OPUS_INVALID,
				 "section names are outside the file");
	for (unsigned int i = 0; i < e->e_shnum; i++) {
		const char *name = (const char *)file + names->sh_offset + s[i].sh_name;

		if (!inside(s[i].sh_name, sizeof(PLAN_SECTION), names->sh_size) ||
		    memcmp(name, PLAN_SECTION, sizeof(PLAN_SECTION)) != 0)
			continue;
		if (s[i].sh_type == SHT_NOBITS || s[i].sh_offset % 8 != 0 ||
		    !inside(s[i].sh_offset, s[i].sh_size, size))
			return error_set(err, OPUS_INVALID,
					 "the plan is outside the file");
		*ret = &s[i];
		return OPUS_OK;
	}
	return error_set(err, OPUS_INVALID,
			 "no section %s: an ordinary shared object, not a patch",
			 PLAN_SECTION);
}

static enum opus_code header_check(const struct plan_header *h, uint64_t size,
				   struct opus_error *err)
{
	struct plan_header copy;

	if (size < sizeof(*h) || memcmp(h->magic, PLAN_MAGIC, 8) != 0)
		return error_set(err, OPUS_INVALID, "the plan has no header");
	if (h->version != PLAN_VERSION)
		return error_set(err, OPUS_INVALID,
				 "plan version %u, this program knows %d",
				 h->version, PLAN_VERSION);
	copy = *h;
	copy.crc = 0;
	memset(copy.digest, 0, sizeof(copy.digest));
	if (crc32c(&copy, sizeof(copy)) != h->crc)
		return error_set(err, OPUS_INVALID, "the plan's header is damaged");
	if (h->size != size || h->tables != PLAN_TABLE_COUNT)
		return error_set(err, OPUS_INVALID, "the plan's size is wrong");
	return OPUS_OK;
}

static enum opus_code tables_check(const struct plan_header *h,
				   struct opus_error *err)
{
	const uint8_t *base = (const void *)h;

	for (int i = 0; i < PLAN_TABLE_COUNT; i++) {
		const struct plan_table *t = &h->table[i];
		const struct plan_table_info *info = plan_table_describe(i);
		uint32_t record = info ? info->record_size : 1;

		if (t->size != record || t->offset % 8 != 0 ||
		    !inside(t->offset, (uint64_t)t->count * record, h->size))
			return error_set(err, OPUS_INVALID,
					 "table %d of the plan is outside it", i);
		if (crc32c(base + t->offset, (size_t)t->count * record) != t->crc)
			return error_set(err, OPUS_INVALID,
					 "table %d of the plan is damaged", i);
	}
	if (h->table[PLAN_TABLE_INFO].count != 1)
		return error_set(err, OPUS_INVALID, "the plan names no patch");
	return OPUS_OK;
}

static uint64_t field_value(const uint8_t *record, const struct plan_field *f)
{
	uint64_t value = 0;

	memcpy(&value, record + f->offset, f->size);
	return value;
}

/* Number of records that an index field of this kind may choose from. */
static uint32_t index_limit(const struct plan_header *h, uint8_t kind)
{
	switch (kind) {
	case PLAN_COUNT_RANGE: return h->table[PLAN_TABLE_RANGE].count;
	case PLAN_COUNT_FIXUP: return h->table[PLAN_TABLE_FIXUP].count;
	case PLAN_COUNT_POINT: return h->table[PLAN_TABLE_POINT].count;
	case PLAN_COUNT_ARG: return h->table[PLAN_TABLE_ARG].count;
	case PLAN_INDEX_TARGET: return h->table[PLAN_TABLE_TARGET].count;
	case PLAN_ENUM_REF: return PLAN_REF_COUNT;
	case PLAN_ENUM_HOOK: return PLAN_HOOK_COUNT;
	case PLAN_ENUM_WHERE: return PLAN_WHERE_COUNT;
	case PLAN_ENUM_TYPE: return PLAN_TYPE_COUNT;
	default: return 0;
	}
}

static bool field_check(const struct plan_header *h, const uint8_t *record,
			const struct plan_field *f)
{
	const struct plan_table *strings = &h->table[PLAN_TABLE_STRINGS];
	const struct plan_table *bytes = &h->table[PLAN_TABLE_BYTES];
	uint64_t value = field_value(record, f);

	switch (f->kind) {
	case PLAN_NUMBER:
	case PLAN_BYTES_AT: /* checked with the field behind it */
	case PLAN_FIRST:
		return true;
	case PLAN_STRING:
		return value < strings->count;
	case PLAN_LENGTH:
		return inside(field_value(record, f - 1), value, bytes->count);
	case PLAN_COUNT_RANGE:
	case PLAN_COUNT_FIXUP:
	case PLAN_COUNT_POINT:
	case PLAN_COUNT_ARG:
		return inside(field_value(record, f - 1), value,
			      index_limit(h, f->kind));
	default:
		return value < index_limit(h, f->kind);
	}
}

static enum opus_code fields_check(const struct plan_header *h,
				   struct opus_error *err)
{
	const struct plan_table *strings = &h->table[PLAN_TABLE_STRINGS];
	const uint8_t *base = (const void *)h;

	/* One NUL at the very end bounds every string before it. */
	if (strings->count == 0 || base[strings->offset + strings->count - 1] != 0)
		return error_set(err, OPUS_INVALID,
				 "the plan's strings do not end");
	for (int i = 0; i < PLAN_TABLE_STRINGS; i++) {
		const struct plan_table_info *info = plan_table_describe(i);
		const uint8_t *record = base + h->table[i].offset;

		for (uint32_t n = 0; n < h->table[i].count; n++) {
			for (uint32_t k = 0; k < info->field_count; k++)
				if (!field_check(h, record, &info->fields[k]))
					return error_set(err, OPUS_INVALID,
						"%s %u of the plan: bad %s",
						info->name, n,
						info->fields[k].name);
			record += info->record_size;
		}
	}
	return OPUS_OK;
}

static void plan_fill(const struct plan_header *h, struct plan *ret)
{
	const uint8_t *base = (const void *)h;

	ret->header = h;
#define T(NAME, name, text)                                                    \
	ret->name##_records = (const void *)(base + h->table[PLAN_TABLE_##NAME].offset); \
	ret->name##_count = h->table[PLAN_TABLE_##NAME].count;
	PLAN_TABLES(T)
#undef T
	ret->info = ret->info_records;
	ret->strings = (const char *)base + h->table[PLAN_TABLE_STRINGS].offset;
	ret->bytes = base + h->table[PLAN_TABLE_BYTES].offset;
}

void plan_digest(const void *file, size_t size, size_t digest_at,
		 uint8_t ret[DIGEST_SIZE])
{
	static const uint8_t zero[DIGEST_SIZE];
	const uint8_t *p = file;
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, p, digest_at);
	sha256_add(&s, zero, sizeof(zero));
	sha256_add(&s, p + digest_at + DIGEST_SIZE, size - digest_at - DIGEST_SIZE);
	sha256_end(&s, ret);
}

static enum opus_code plan_check(const uint8_t *file, size_t size, bool sealed,
				 struct plan *ret, struct opus_error *err)
{
	const struct plan_header *h;
	const Elf64_Shdr *section = NULL;
	uint8_t digest[DIGEST_SIZE];
	enum opus_code code;

	memset(ret, 0, sizeof(*ret));
	code = elf_check(file, size, err);
	if (code == OPUS_OK)
		code = section_find(file, size, &section, err);
	if (code != OPUS_OK)
		return code;
	h = (const void *)(file + section->sh_offset);
	if (section->sh_size >= sizeof(*h) && sealed) {
		plan_digest(file, size, (size_t)(h->digest - file), digest);
		if (memcmp(digest, h->digest, DIGEST_SIZE) != 0)
			return error_set(err, OPUS_INVALID,
				"the digest does not match: the file was cut or changed");
	}
	code = header_check(h, section->sh_size, err);
	if (code == OPUS_OK)
		code = tables_check(h, err);
	if (code == OPUS_OK)
		code = fields_check(h, err);
	if (code != OPUS_OK)
		return code;
	plan_fill(h, ret);
	ret->file = file;
	ret->file_size = size;
	return OPUS_OK;
}

enum opus_code plan_open(const void *file, size_t size, struct plan *ret,
			 struct opus_error *err)
{
	return plan_check(file, size, true, ret, err);
}

enum opus_code plan_open_unsealed(const void *file, size_t size,
				  struct plan *ret, struct opus_error *err)
{
	return plan_check(file, size, false, ret, err);
}
