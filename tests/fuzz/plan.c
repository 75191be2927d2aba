/*
 * plan.c - fuzz the reader of plans, and the writer against the reader.
 *
 * Called by:  libFuzzer; see tests/fuzz/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The first byte chooses: a file as it comes; a plan in a file that is well
 * formed, with CRCs made right, since those would hide what is behind them; or
 * a program of calls to the writer, whose result has to be read back.
 */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/plan.h"
#include "common/plan_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

static void touch(const void *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sink += ((const uint8_t *)at)[i];
}

/* Read all that a reader may read of a plan that was found good. */
static void plan_touch(const struct plan *p)
{
	const uint8_t *base = (const void *)p->header;

	for (int t = 0; t < PLAN_TABLE_STRINGS; t++) {
		const struct plan_table_info *info = plan_table_describe(t);
		const struct plan_table *table = &p->header->table[t];

		for (uint32_t n = 0; n < table->count; n++)
			for (uint32_t k = 0; k < info->field_count; k++) {
				const struct plan_field *f = &info->fields[k];
				const uint8_t *record = base + table->offset +
							(size_t)n * info->record_size;
				uint64_t value = 0, next = 0;

				memcpy(&value, record + f->offset, f->size);
				if (k + 1 < info->field_count)
					memcpy(&next, record + f[1].offset, f[1].size);
				if (f->kind == PLAN_STRING)
					touch(plan_string(p, (uint32_t)value),
					      strlen(plan_string(p, (uint32_t)value)) + 1);
				if (f->kind == PLAN_BYTES_AT)
					touch(plan_bytes(p, (uint32_t)value), next);
			}
	}
	sink += strlen(plan_ref_name(p->ref_count ? p->ref_records->kind : 0));
}

/* A file with the section and nothing else. The caller frees it. */
static uint8_t *file_make(const void *section, size_t size, size_t *ret)
{
	static const char names[16] = "\0" PLAN_SECTION;
	size_t at = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Shdr) + sizeof(names);
	uint8_t *file = calloc(1, at + size + 1);
	Elf64_Ehdr *e = (void *)file;
	Elf64_Shdr *s = (void *)(file + sizeof(*e));

	memcpy(e->e_ident, ELFMAG, SELFMAG);
	e->e_ident[EI_CLASS] = ELFCLASS64;
	e->e_ident[EI_DATA] = ELFDATA2LSB;
	e->e_machine = EM_X86_64;
	e->e_type = ET_DYN;
	e->e_shoff = sizeof(*e);
	e->e_shentsize = sizeof(*s);
	e->e_shnum = 3;
	e->e_shstrndx = 1;
	s[1] = (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_size = sizeof(names),
			    .sh_offset = at - sizeof(names)};
	s[2] = (Elf64_Shdr){.sh_name = 1, .sh_type = SHT_PROGBITS,
			    .sh_offset = at, .sh_size = size};
	memcpy(file + at - sizeof(names), names, sizeof(names));
	memcpy(file + at, section, size);
	*ret = at + size;
	return file;
}

static void crcs_repair(uint8_t *section, size_t size)
{
	struct plan_header *h = (void *)section;
	struct plan_header copy;

	if (size < sizeof(*h))
		return;
	memcpy(h->magic, PLAN_MAGIC, 8);
	h->version = PLAN_VERSION;
	h->size = (uint32_t)size;
	h->tables = PLAN_TABLE_COUNT;
	for (int i = 0; i < PLAN_TABLE_COUNT; i++) {
		const struct plan_table_info *info = plan_table_describe(i);
		struct plan_table *t = &h->table[i];
		uint64_t bytes = (uint64_t)t->count * (info ? info->record_size : 1);

		t->size = info ? info->record_size : 1;
		if (t->offset <= size && bytes <= size - t->offset)
			t->crc = crc32c(section + t->offset, bytes);
	}
	h->crc = 0;
	copy = *h;
	memset(copy.digest, 0, sizeof(copy.digest));
	h->crc = crc32c(&copy, sizeof(copy));
}

static void read_section(const void *section, size_t size, bool must)
{
	struct plan plan;
	size_t file_size;
	uint8_t *file = file_make(section, size, &file_size);

	if (plan_open_unsealed(file, file_size, &plan, NULL) == OPUS_OK)
		plan_touch(&plan);
	else if (must)
		abort();
	free(file);
}

static void write_plan(const uint8_t *data, size_t size)
{
	struct plan_info info = {0};
	struct plan_label label = {0};
	struct plan_write w;
	void *section;
	size_t section_size;

	plan_write_init(&w);
	info.name = plan_write_string(&w, "fuzz");
	plan_write_info(&w, &info);
	while (size > 1) {
		size_t n = data[1] < size - 2 ? data[1] : size - 2;
		char text[256];

		memcpy(text, data + 2, n);
		text[n] = 0;
		label.text = *data & 1 ? plan_write_string(&w, text) : 0;
		if (*data & 2)
			plan_write_bytes(&w, data + 2, n);
		if (*data & 4)
			plan_write_label(&w, &label);
		data += 2 + n;
		size -= 2 + n;
	}
	if (plan_write_section(&w, &section, &section_size, NULL) == OPUS_OK)
		read_section(section, section_size, true);
	free(section);
	plan_write_deinit(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan plan;
	uint8_t *copy;

	if (size < 1)
		return 0;
	copy = malloc(size); /* aligned, as mmap gives */
	memcpy(copy, data + 1, size - 1);
	if (data[0] % 3 == 1) {
		crcs_repair(copy, size - 1);
		read_section(copy, size - 1, false);
	} else if (data[0] % 3 == 2) {
		write_plan(copy, size - 1);
	} else if (plan_open(copy, size - 1, &plan, NULL) == OPUS_OK) {
		plan_touch(&plan);
	}
	free(copy);
	return 0;
}
