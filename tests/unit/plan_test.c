/*
 * plan_test.c - the plan's writer against its reader, and the reader against
 *               files that were cut or changed.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A changed file is always put at the very end of its own heap block, so that
 * a reader that goes too far is seen by ASan and valgrind.
 */
#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/plan_write.h"

/* The smallest ELF file with room for a section: header, names, two sections. */
struct small_elf {
	Elf64_Ehdr header;
	char names[16];
	Elf64_Shdr section[2];
};

static struct small_elf small_elf(void)
{
	struct small_elf e = {
		.header = {.e_ident = ELFMAG, .e_type = ET_DYN,
			   .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			   .e_shoff = offsetof(struct small_elf, section),
			   .e_ehsize = sizeof(Elf64_Ehdr),
			   .e_shentsize = sizeof(Elf64_Shdr),
			   .e_shnum = 2, .e_shstrndx = 1},
		.names = "\0.shstrtab",
		.section[1] = {.sh_name = 1, .sh_type = SHT_STRTAB,
			       .sh_offset = offsetof(struct small_elf, names),
			       .sh_size = 11, .sh_addralign = 1},
	};

	e.header.e_ident[EI_CLASS] = ELFCLASS64;
	e.header.e_ident[EI_DATA] = ELFDATA2LSB;
	e.header.e_ident[EI_VERSION] = EV_CURRENT;
	return e;
}

/* Every record gets fields that differ from those of all others. */
static void plan_fill(struct plan_write *w)
{
	static const uint8_t id[20] = "twenty bytes of it..";
	static const uint8_t code[7] = {0x55, 0x53, 0x89, 0xfb, 0x48, 0x83, 0xec};
	struct plan_info info = {.name = plan_write_string(w, "name"),
				 .description = plan_write_string(w, "description"),
				 .tool = plan_write_string(w, "tool"),
				 .compiler = plan_write_string(w, "compiler"),
				 .source = plan_write_string(w, "source")};
	struct plan_label label = {.text = plan_write_string(w, "CVE-2099-1")};
	struct plan_target target = {.name = plan_write_string(w, "prog"),
				     .build_id = plan_write_bytes(w, id, 20),
				     .build_id_size = 20,
				     .machine = EM_X86_64};
	struct plan_func func = {
		.name = plan_write_string(w, "old"), .entry = 0x1000, .length = 7,
		.orig = plan_write_bytes(w, code, 7), .orig_size = 7,
		.moved = plan_write_bytes(w, code, 7), .moved_size = 7,
		.ranges = 2, .fixups = 1, .points = 2,
		.symbol = plan_write_string(w, "new"), .size = 64, .offset = 0x400};
	struct plan_range range[2] = {{0x1000, 0x1040}, {0x800, 0x810}};
	struct plan_fixup fixup = {.at = 3, .from = 7, .to = 0x4010};
	struct plan_point point[2] = {{0, 0}, {7, 7}};
	struct plan_ref ref = {.place = 0x2000, .kind = PLAN_REF_SYMBOL,
			       .value = 1, .addend = (uint64_t)-8,
			       .name = plan_write_string(w, "errno"),
			       .version = plan_write_string(w, "V1")};
	struct plan_hook hook = {.kind = PLAN_HOOK_POST_REVERT,
				 .where = PLAN_WHERE_STOPPED,
				 .symbol = plan_write_string(w, "hook"),
				 .args = 2, .offset = 0x480};
	struct plan_arg arg[2] = {
		{.name = plan_write_string(w, "limit"), .type = PLAN_TYPE_INT32,
		 .text = plan_write_string(w, ""), .value = 5},
		{.name = plan_write_string(w, "who"), .type = PLAN_TYPE_STRING,
		 .text = plan_write_string(w, "nobody")}};

	plan_write_info(w, &info);
	plan_write_label(w, &label);
	plan_write_target(w, &target);
	plan_write_func(w, &func);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(plan_write_range(w, &range[i]), (uint32_t)i);
		plan_write_point(w, &point[i]);
		plan_write_arg(w, &arg[i]);
	}
	plan_write_fixup(w, &fixup);
	plan_write_ref(w, &ref);
	plan_write_hook(w, &hook);
}

/* A patch file with that plan; *size gets its length. The caller frees it. */
static uint8_t *patch_make(size_t *size)
{
	struct small_elf elf = small_elf();
	struct opus_error err;
	struct plan_write w;
	void *section, *file;
	size_t section_size;

	plan_write_init(&w);
	plan_fill(&w);
	cr_assert_eq(plan_write_section(&w, &section, &section_size, &err), OPUS_OK);
	plan_write_deinit(&w);
	cr_assert_eq(plan_write_embed(&elf, sizeof(elf), section, section_size,
				      &file, size, &err), OPUS_OK, "%s", err.text);
	free(section);
	return file;
}

/* Touch everything that a plan which was accepted leads to. */
static uint64_t plan_touch(const struct plan *p)
{
	const uint8_t *base = (const void *)p->header;
	uint64_t sum = 0;

	for (int t = 0; t < PLAN_TABLE_STRINGS; t++) {
		const struct plan_table_info *info = plan_table_describe(t);
		const uint8_t *record = base + p->header->table[t].offset;

		for (uint32_t n = p->header->table[t].count; n > 0; n--) {
			for (uint32_t k = 0; k < info->field_count; k++) {
				const struct plan_field *f = &info->fields[k];
				uint32_t value, before = 0;

				memcpy(&value, record + f->offset, 4);
				if (k > 0)
					memcpy(&before, record + f[-1].offset, 4);
				if (f->kind == PLAN_STRING)
					sum += strlen(plan_string(p, value));
				if (f->kind == PLAN_LENGTH)
					for (uint32_t i = 0; i < value; i++)
						sum += plan_bytes(p, before)[i];
			}
			record += info->record_size;
		}
	}
	for (uint32_t i = 0; i < p->func_count; i++) {
		const struct plan_func *f = &p->func_records[i];

		for (uint32_t k = 0; k < f->ranges; k++)
			sum += p->range_records[f->range + k].end;
		for (uint32_t k = 0; k < f->fixups; k++)
			sum += p->fixup_records[f->fixup + k].to;
		for (uint32_t k = 0; k < f->points; k++)
			sum += p->point_records[f->point + k].moved;
		sum += p->target_records[f->target].machine;
	}
	for (uint32_t i = 0; i < p->hook_count; i++)
		for (uint32_t k = 0; k < p->hook_records[i].args; k++)
			sum += strlen(plan_type_name(
				p->arg_records[p->hook_records[i].arg + k].type));
	return sum;
}

Test(plan, what_is_written_is_read)
{
	size_t size;
	uint8_t *file = patch_make(&size);
	struct opus_error err;
	struct plan p;

	cr_assert_eq(plan_open(file, size, &p, &err), OPUS_OK, "%s", err.text);
	cr_assert_str_eq(plan_string(&p, p.info->name), "name");
	cr_assert_str_eq(plan_string(&p, p.info->source), "source");
	cr_assert_eq(p.label_count, 1);
	cr_assert_str_eq(plan_string(&p, p.label_records[0].text), "CVE-2099-1");
	cr_assert_eq(p.func_count, 1);
	cr_assert_eq(p.func_records[0].entry, 0x1000);
	cr_assert_eq(p.range_count, 2);
	cr_assert_eq(p.range_records[1].end, 0x810);
	cr_assert_eq(p.ref_records[0].addend, (uint64_t)-8);
	cr_assert_str_eq(plan_string(&p, p.ref_records[0].version), "V1");
	cr_assert_eq(p.arg_records[0].value, 5);
	cr_assert_str_eq(plan_string(&p, p.arg_records[1].text), "nobody");
	cr_assert_arr_eq(plan_bytes(&p, p.target_records[0].build_id),
			 "twenty bytes of it..", 20);
	plan_touch(&p);
	free(file);
}

Test(plan, equal_strings_are_kept_once)
{
	struct plan_write w;
	uint32_t first, second;

	plan_write_init(&w);
	first = plan_write_string(&w, "same");
	second = plan_write_string(&w, "ame");
	cr_assert_eq(plan_write_string(&w, "same"), first);
	cr_assert_eq(plan_write_string(&w, "ame"), second);
	cr_assert_neq(first, second);
	cr_assert_eq(plan_write_string(&w, ""), 0);
	cr_assert_eq(plan_write_string(&w, NULL), 0);
	plan_write_deinit(&w);
}

Test(plan, same_input_same_bytes)
{
	size_t size, again_size;
	uint8_t *file = patch_make(&size), *again = patch_make(&again_size);

	cr_assert_eq(size, again_size);
	cr_assert_eq(memcmp(file, again, size), 0);
	free(file);
	free(again);
}

Test(plan, embedding_moves_nothing_and_is_done_once)
{
	struct small_elf elf = small_elf();
	size_t size, twice_size;
	uint8_t *file = patch_make(&size);
	struct opus_error err;
	void *twice;

	/* All of the header but the place and number of sections. */
	elf.header.e_shoff = ((Elf64_Ehdr *)file)->e_shoff;
	elf.header.e_shnum++;
	cr_assert_eq(memcmp(file, &elf.header, sizeof(elf.header)), 0);
	cr_assert_eq(plan_write_embed(file, size, "x", 1, &twice, &twice_size, &err),
		     OPUS_INVALID);
	cr_assert_null(twice);
	cr_assert_eq(plan_write_embed("no ELF", 6, "x", 1, &twice, &twice_size, &err),
		     OPUS_INVALID);
	free(file);
}

Test(plan, every_truncation_is_refused)
{
	size_t size;
	uint8_t *file = patch_make(&size);

	for (size_t n = 0; n < size; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		struct opus_error err;
		struct plan p;

		memcpy(cut, file, n);
		cr_assert_eq(plan_open(cut, n, &p, &err), OPUS_INVALID, "%zu bytes", n);
		cr_assert(err.text[0] != 0);
		cr_assert_null(p.header);
		free(cut);
	}
	free(file);
}

Test(plan, every_change_of_a_byte_is_refused)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	size_t size;
	uint8_t *file = patch_make(&size);

	for (size_t at = 0; at < size; at++)
		for (size_t m = 0; m < sizeof(masks); m++) {
			struct opus_error err;
			struct plan p;

			file[at] ^= masks[m];
			cr_assert_eq(plan_open(file, size, &p, &err), OPUS_INVALID,
				     "byte %zu", at);
			file[at] ^= masks[m];
		}
	free(file);
}

/* With digest and CRCs made right again, a change may be accepted, but then
 * everything it leads to has to lie inside the file. */
Test(plan, a_resealed_change_is_refused_or_harmless)
{
	size_t size;
	uint8_t *file = patch_make(&size), *copy = malloc(size);
	size_t accepted = 0, refused = 0;
	volatile uint64_t sum = 0;

	for (size_t at = 0; at < size; at++)
		for (int bit = 0; bit < 9; bit++) {
			struct opus_error err;
			struct plan p;

			memcpy(copy, file, size);
			copy[at] ^= bit < 8 ? 1u << bit : 0xff;
			plan_write_reseal(copy, size);
			if (plan_open(copy, size, &p, &err) == OPUS_OK) {
				sum += plan_touch(&p);
				accepted++;
			} else {
				cr_assert(err.text[0] != 0);
				refused++;
			}
		}
	cr_assert_gt(accepted, 100, "reseal does its work");
	cr_assert_gt(refused, 1000);
	free(file);
	free(copy);
}

/* Two bytes at once, at random: counts and offsets that fit each other. */
Test(plan, resealed_noise_is_refused_or_harmless)
{
	size_t size;
	uint8_t *file = patch_make(&size), *copy = malloc(size);
	uint32_t random = 12345;
	volatile uint64_t sum = 0;

	for (int i = 0; i < 20000; i++) {
		struct opus_error err;
		struct plan p;

		memcpy(copy, file, size);
		for (int k = 0; k < 3; k++) {
			random = random * 1664525 + 1013904223;
			copy[(random >> 8) % size] = (uint8_t)(random >> 24);
		}
		plan_write_reseal(copy, size);
		if (plan_open(copy, size, &p, &err) == OPUS_OK)
			sum += plan_touch(&p);
	}
	free(file);
	free(copy);
}

static void refused_for(const uint8_t *file, size_t size, const char *reason)
{
	struct opus_error err;
	struct plan p;

	cr_assert_eq(plan_open(file, size, &p, &err), OPUS_INVALID);
	cr_assert(strstr(err.text, reason), "\"%s\" is not about \"%s\"", err.text,
		  reason);
}

Test(plan, other_files_are_named)
{
	struct small_elf elf = small_elf();
	size_t size;
	uint8_t *file = patch_make(&size);
	Elf64_Ehdr *e = (void *)file;

	refused_for((uint8_t *)&elf, sizeof(elf), "ordinary shared object");
	refused_for((const uint8_t *)"", 0, "empty");
	refused_for((const uint8_t *)"#!/bin/sh\n", 10, "not an ELF file");
	e->e_machine = EM_AARCH64;
	refused_for(file, size, "another architecture");
	e->e_machine = EM_X86_64;
	e->e_type = ET_EXEC;
	refused_for(file, size, "not a shared object");
	free(file);
}

/* Whoever writes 2 there gets an answer that says so. */
Test(plan, another_version_is_named)
{
	size_t size;
	uint8_t *file = patch_make(&size);
	uint8_t *h = memmem(file, size, PLAN_MAGIC, 8);

	((struct plan_header *)h)->version++;
	plan_write_reseal(file, size);
	refused_for(file, size, "version 2");
	free(file);
}

/* opus-patch(5) has a row for each field and value, in the words of plan.h. */
Test(plan, the_manual_knows_all_fields)
{
	const char *top = getenv("OPUS_TOP") ? getenv("OPUS_TOP") : ".";
	char path[4096], row[512], *text = NULL;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/docs/man/opus-patch.5", top);
	f = fopen(path, "re");
	cr_assert(f, "cannot open %s", path);
	cr_assert_gt(getdelim(&text, &room, '\0', f), 0);
	fclose(f);
	for (int t = 0; t < PLAN_TABLE_STRINGS; t++) {
		const struct plan_table_info *info = plan_table_describe(t);

		for (uint32_t k = 0; k < info->field_count; k++) {
			snprintf(row, sizeof(row), "\n%s\t%s\t%u\t%s\n", info->name,
				 info->fields[k].name, info->fields[k].size,
				 info->fields[k].text);
			cr_expect(strstr(text, row), "opus-patch.5 lacks:%s", row);
		}
	}
#define V(value, json, words)                                                  \
	cr_expect(strstr(text, "\n" json "\t" words "\n"),                     \
		  "opus-patch.5 lacks: %s\t%s", json, words);
	PLAN_REFS(V)
	PLAN_HOOKS(V)
	PLAN_WHERES(V)
	PLAN_TYPES(V)
#undef V
	free(text);
}
