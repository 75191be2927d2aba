/*
 * image.h - an ELF64 file of ours in memory: an object or the linked patch.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap (image_read only).
 *
 * Plain pointers into the bytes, so that passes can edit them in place.
 */
#ifndef OPUS_IMAGE_H
#define OPUS_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct image {
	uint8_t *data;
	size_t size;
	Elf64_Ehdr *header;
	Elf64_Shdr *section;
};

/* A symbol table with its strings. */
struct image_symbols {
	Elf64_Sym *symbol;
	size_t count;
	const char *strings;
	size_t strings_size;
};

/* Read a file into memory that the caller frees. Errors: OPUS_UNREADABLE,
 * OPUS_RESOURCE. */
enum opus_code image_read(const char *path, uint8_t **ret, size_t *ret_size,
			  struct opus_error *err) MUST_CHECK;

/* These bytes as text that ends with a 0. Those inside it are blanks, so that it has
 * as many bytes: the diff of a test may hold any. The caller frees it; NULL: out of
 * memory. */
char *image_text(const uint8_t *data, size_t size);

/* Make a file of these bytes. Errors: OPUS_RESOURCE. */
enum opus_code image_write(const char *path, const void *data, size_t size,
			   struct opus_error *err) MUST_CHECK;

/* Describe the ELF file in `data`. Errors: OPUS_INVALID: not ELF64, or tables
 * outside the file. */
enum opus_code image_init(struct image *i, uint8_t *data, size_t size,
			  struct opus_error *err) MUST_CHECK;

/* Name of a section. */
const char *image_section_name(const struct image *i, const Elf64_Shdr *s);
/* Section by name or by type (name NULL), or NULL. */
Elf64_Shdr *image_section(const struct image *i, const char *name, uint32_t type);
/* Its bytes. Sections without bytes have none: NULL. */
uint8_t *image_section_data(const struct image *i, const Elf64_Shdr *s);
/* The symbol table of type SHT_SYMTAB or SHT_DYNSYM; empty if there is none. */
struct image_symbols image_symbols(const struct image *i, uint32_t type);
const char *image_symbol_name(const struct image_symbols *t, const Elf64_Sym *s);
/* The bytes at a virtual address, `size` of them, or NULL. */
uint8_t *image_at(const struct image *i, uint64_t address, uint64_t size);

#endif
