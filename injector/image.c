/*
 * image.c - read the agent's file and cut off what is not loaded.
 *
 * Called by:  inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "image.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"
#include "proc.h"

#define PAGE 4096u

static size_t image_end(const uint8_t *bytes, size_t size)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;
	size_t end = 0;

	if (size < sizeof(e))
		return 0;
	memcpy(&e, bytes, sizeof(e));
	if (memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 || e.e_type != ET_DYN ||
	    e.e_machine != EM_X86_64 || e.e_phentsize != sizeof(p))
		return 0;
	for (size_t i = 0; i < e.e_phnum; i++) {
		size_t at = e.e_phoff + i * sizeof(p);

		if (at > size - sizeof(p))
			return 0;
		memcpy(&p, bytes + at, sizeof(p));
		if (p.p_type == PT_LOAD && p.p_offset + p.p_filesz > end)
			end = p.p_offset + p.p_filesz;
	}
	return end <= size ? end : 0;
}

enum opus_code image_init(struct image *image, const char *path,
			  struct opus_error *err)
{
	size_t size = 0, end;
	uint8_t *bytes = (uint8_t *)proc_file_read(path, &size);
	Elf64_Ehdr e;

	if (!bytes)
		return error_set_errno(err, OPUS_USAGE,
			"the agent (%s) cannot be read; --agent FILE tells where "
			"it is", path);
	end = image_end(bytes, size);
	image->size = (end + PAGE - 1) / PAGE * PAGE;
	image->bytes = end ? calloc(1, image->size) : NULL;
	if (image->bytes) {
		memcpy(&e, bytes, sizeof(e));
		e.e_shoff = 0;
		e.e_shnum = e.e_shstrndx = 0;
		memcpy(image->bytes, bytes, end);
		memcpy(image->bytes, &e, sizeof(e));
	}
	free(bytes);
	if (end && !image->bytes)
		return error_set(err, OPUS_RESOURCE, "no memory");
	return end ? OPUS_OK
		   : error_set(err, OPUS_USAGE, "%s is no agent", path);
}

/* Beside this program, as built; else where `make install` puts it. */
const char *inject_agent_path(void)
{
	static const char *const places[] = {"", "../lib/opus-livepatch/"};
	static char path[4300];
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%slibopus-agent.so", self,
			 places[i]);
		if (access(path, R_OK) == 0)
			break;
	}
	return path;
}

void image_deinit(struct image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}
