/*
 * image.c - an ELF64 file of ours in memory.
 *
 * Called by:  the passes that read objects and edit the linked patch.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

enum opus_code image_read(const char *path, uint8_t **ret, size_t *ret_size,
			  struct opus_error *err)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct stat st;
	size_t used = 0;

	*ret = NULL;
	*ret_size = 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		return error_set_errno(err, OPUS_UNREADABLE, "cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, OPUS_UNREADABLE, "%s: not a regular file", path);
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	while (used < (size_t)st.st_size) {
		ssize_t n = read(fd, data + used, (size_t)st.st_size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set_errno(err, OPUS_UNREADABLE,
					       "cannot read %s", path);
		used += (size_t)n;
	}
	*ret = data;
	*ret_size = used;
	data = NULL;
	return OPUS_OK;
}

char *image_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	for (size_t i = 0; text && i < size; i++)
		text[i] = data[i] ? (char)data[i] : ' ';
	if (text)
		text[size] = 0;
	return text;
}

static bool inside(uint64_t at, uint64_t size, uint64_t limit)
{
	return at <= limit && size <= limit - at;
}

enum opus_code image_write(const char *path, const void *data, size_t size,
			   struct opus_error *err)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fwrite(data, 1, size, f) == size;

	if (f && fclose(f) != 0)
		ok = false;
	return ok ? OPUS_OK : error_set_errno(err, OPUS_RESOURCE, "cannot write %s",
					      path);
}

enum opus_code image_init(struct image *i, uint8_t *data, size_t size,
			  struct opus_error *err)
{
	Elf64_Ehdr *e = (void *)data;

	memset(i, 0, sizeof(*i));
	if (size < sizeof(*e) || memcmp(data, ELFMAG, SELFMAG) != 0 ||
	    e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_machine != EM_X86_64)
		return error_set(err, OPUS_INVALID,
				 "the compiler did not make ELF64 for x86-64");
	if (e->e_shentsize != sizeof(Elf64_Shdr) || e->e_shoff % 8 != 0 ||
	    !inside(e->e_shoff, e->e_shnum * sizeof(Elf64_Shdr), size) ||
	    e->e_shstrndx >= e->e_shnum)
		return error_set(err, OPUS_INVALID,
				 "the compiler's output has no usable section table");
	i->data = data;
	i->size = size;
	i->header = e;
	i->section = (void *)(data + e->e_shoff);
	for (unsigned int n = 0; n < e->e_shnum; n++)
		if (i->section[n].sh_type != SHT_NOBITS &&
		    !inside(i->section[n].sh_offset, i->section[n].sh_size, size))
			return error_set(err, OPUS_INVALID,
					 "a section of the compiler's output is cut off");
	return OPUS_OK;
}

const char *image_section_name(const struct image *i, const Elf64_Shdr *s)
{
	const Elf64_Shdr *names = &i->section[i->header->e_shstrndx];

	return s->sh_name < names->sh_size
		       ? (char *)i->data + names->sh_offset + s->sh_name
		       : "";
}

Elf64_Shdr *image_section(const struct image *i, const char *name, uint32_t type)
{
	for (unsigned int n = 0; n < i->header->e_shnum; n++) {
		Elf64_Shdr *s = &i->section[n];

		if (name ? strcmp(image_section_name(i, s), name) == 0
			 : s->sh_type == type)
			return s;
	}
	return NULL;
}

uint8_t *image_section_data(const struct image *i, const Elf64_Shdr *s)
{
	return s && s->sh_type != SHT_NOBITS ? i->data + s->sh_offset : NULL;
}

struct image_symbols image_symbols(const struct image *i, uint32_t type)
{
	const Elf64_Shdr *s = image_section(i, NULL, type);
	struct image_symbols t = {0};

	if (!s || s->sh_link >= i->header->e_shnum)
		return t;
	t.symbol = (void *)image_section_data(i, s);
	t.count = s->sh_size / sizeof(Elf64_Sym);
	t.strings = (char *)image_section_data(i, &i->section[s->sh_link]);
	t.strings_size = i->section[s->sh_link].sh_size;
	return t;
}

const char *image_symbol_name(const struct image_symbols *t, const Elf64_Sym *s)
{
	return s->st_name < t->strings_size ? t->strings + s->st_name : "";
}

uint8_t *image_at(const struct image *i, uint64_t address, uint64_t size)
{
	const Elf64_Phdr *ph = (void *)(i->data + i->header->e_phoff);

	if (!inside(i->header->e_phoff, i->header->e_phnum * sizeof(*ph), i->size))
		return NULL;
	for (unsigned int n = 0; n < i->header->e_phnum; n++, ph++)
		if (ph->p_type == PT_LOAD && address >= ph->p_vaddr &&
		    inside(address - ph->p_vaddr, size, ph->p_filesz) &&
		    inside(ph->p_offset + address - ph->p_vaddr, size, i->size))
			return i->data + ph->p_offset + (address - ph->p_vaddr);
	return NULL;
}
