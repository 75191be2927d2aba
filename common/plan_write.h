/*
 * plan_write.h - put a plan together and embed it in an ELF file.
 *
 * Included by: builder, and tests that need a patch file.
 * Runs on:     command; never part of the agent.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * Records are added in any order; FIRST/COUNT pairs are the caller's to keep
 * together. Memory that runs out is remembered and reported at the end, so
 * that the calls between need no check.
 */
#ifndef OPUS_PLAN_WRITE_H
#define OPUS_PLAN_WRITE_H

#include "plan.h"

struct plan_write_table {
	uint8_t *data;
	size_t used; /* bytes */
	size_t room;
};

struct plan_write {
	struct plan_write_table table[PLAN_TABLE_COUNT];
	bool failed; /* memory ran out, or a table has grown past 4 GiB */
};

/* Make an empty plan: no records, one empty string at offset 0. */
void plan_write_init(struct plan_write *w);
/* Free what it holds. */
void plan_write_deinit(struct plan_write *w);

/* Offset in STRINGS of a copy of `text` (NULL counts as ""); equal texts get
 * the same offset. */
uint32_t plan_write_string(struct plan_write *w, const char *text);

/* Offset in BYTES of a copy of `size` bytes. */
uint32_t plan_write_bytes(struct plan_write *w, const void *data, size_t size);

/* Records that a table has by now: the index of the next one. */
uint32_t plan_write_count(const struct plan_write *w, enum plan_table_id id);

/* plan_write_func(w, &record) and so on for each table of PLAN_TABLES: append
 * a copy, return its index. */
#define T(NAME, name, text)                                                    \
	uint32_t plan_write_##name(struct plan_write *w,                       \
				   const struct plan_##name *record);
PLAN_TABLES(T)
#undef T

/*
 * Lay the plan out as the bytes of the section, digest still zero. The caller
 * frees *ret. Errors: OPUS_RESOURCE; *ret is then NULL.
 */
enum opus_code plan_write_section(struct plan_write *w, void **ret,
				  size_t *ret_size, struct opus_error *err)
	MUST_CHECK;

/*
 * Copy the ELF64 file `elf` with `section` added as the unloaded section
 * PLAN_SECTION and the digest filled in. No offset or address of the file
 * changes except those of the section names and the section table, which go
 * to the end. The caller frees *ret.
 * Errors: OPUS_INVALID (not a shared object for this machine, or has a plan
 * already), OPUS_RESOURCE; *ret is then NULL.
 */
enum opus_code plan_write_embed(const void *elf, size_t elf_size,
				const void *section, size_t section_size,
				void **ret, size_t *ret_size,
				struct opus_error *err) MUST_CHECK;

/*
 * Compute table CRCs, header CRC and the file's digest anew, in place, in a
 * file image that has a plan. For tests that change a plan on purpose.
 * Does nothing if the header or a table lies outside the file.
 */
void plan_write_reseal(void *file, size_t size);

#endif
