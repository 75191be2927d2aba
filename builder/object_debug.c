/*
 * object_debug.c - find the debug information of a target.
 *
 * Called by:  object.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * A separate file counts only if its build-id is the target's: symbols of
 * another build would put jumps into the middle of functions.
 */
#include "object.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEBUG_ROOT "/usr/lib/debug"

static bool has_section(Elf *elf, const char *wanted, Elf64_Word type)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;
		const char *name;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, names, sh.sh_name);
		if (wanted ? name && strcmp(name, wanted) == 0 : sh.sh_type == type)
			return true;
	}
	return false;
}

/* Take `path` as the debug file if its build-id fits. */
static bool debug_try(struct object *o, const char *path)
{
	uint8_t id[OBJECT_BUILD_ID];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;

	if (elf && elf_kind(elf) == ELF_K_ELF &&
	    object_build_id(elf, id) == o->build_id_size &&
	    memcmp(id, o->build_id, o->build_id_size) == 0) {
		o->debug_elf = elf;
		o->debug_fd = fd;
		o->debug_path = strdup(path);
		return true;
	}
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
	return false;
}

static bool debug_try_build_id(struct object *o)
{
	char path[sizeof(DEBUG_ROOT) + 2 * OBJECT_BUILD_ID + 32];
	int at = snprintf(path, sizeof(path), DEBUG_ROOT "/.build-id/%02x/",
			  o->build_id[0]);

	for (size_t i = 1; i < o->build_id_size; i++)
		at += sprintf(path + at, "%02x", o->build_id[i]);
	strcpy(path + at, ".debug");
	return debug_try(o, path);
}

static bool debug_try_link(struct object *o)
{
	GElf_Word crc;
	const char *name = dwelf_elf_gnu_debuglink(o->elf, &crc);
	int dir = (int)(o->name - o->path);
	char *real = realpath(o->path, NULL);
	bool found = false;
	char path[4096];

	if (name && !strchr(name, '/') && real) {
		int real_dir = (int)(strrchr(real, '/') - real);

		snprintf(path, sizeof(path), "%.*s%s", dir, o->path, name);
		found = debug_try(o, path);
		snprintf(path, sizeof(path), "%.*s.debug/%s", dir, o->path, name);
		found = found || debug_try(o, path);
		snprintf(path, sizeof(path), DEBUG_ROOT "%.*s/%s", real_dir, real, name);
		found = found || debug_try(o, path);
	}
	free(real);
	return found;
}

static enum opus_code debug_check(const char *path, struct opus_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf;
	bool good;

	if (fd < 0)
		return error_set_errno(err, OPUS_UNREADABLE, "cannot open %s", path);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	good = elf && elf_kind(elf) == ELF_K_ELF;
	if (elf)
		elf_end(elf);
	close(fd);
	return good ? OPUS_OK
		    : error_set(err, OPUS_INVALID, "%s: not an ELF file", path);
}

/* Take `path` as what the debug information has in common with that of others. */
static bool common_try(struct object *o, const char *path, const void *id, size_t id_size)
{
	uint8_t its[OBJECT_BUILD_ID];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Dwarf *dwarf = fd >= 0 ? dwarf_begin(fd, DWARF_C_READ) : NULL;

	if (dwarf && object_build_id(dwarf_getelf(dwarf), its) == id_size &&
	    memcmp(its, id, id_size) == 0) {
		dwarf_setalt(o->dwarf, dwarf);
		o->common = dwarf;
		o->common_fd = fd;
		o->common_path = strdup(path);
		return true;
	}
	if (dwarf)
		dwarf_end(dwarf);
	if (fd >= 0)
		close(fd);
	return false;
}

/* Where an unpacked package has "/usr/lib/debug/.dwz/...": above the debug file. */
static bool common_try_above(struct object *o, const char *name, const void *id,
			     size_t id_size)
{
	const char *below = strstr(name, "/.dwz/");
	char *folder = realpath(o->debug_path ? o->debug_path : o->path, NULL), *end;
	bool found = false;
	char path[4096];

	while (folder && !found && (end = strrchr(folder, '/')) != NULL) {
		*end = 0;
		snprintf(path, sizeof(path), "%s%s", folder, strrchr(name, '/'));
		found = common_try(o, path, id, id_size);
		snprintf(path, sizeof(path), "%s%s", folder, below ? below : "");
		found = found || (below && common_try(o, path, id, id_size));
	}
	free(folder);
	return found;
}

/* What dwz(1) has taken out of several debug files, as for Debian's packages: names
 * and types are missing without it. */
static enum opus_code common_open(struct object *o, char *const *debug, size_t debugs,
				  struct opus_error *err)
{
	const char *name;
	const void *id;
	ssize_t size = o->dwarf ? dwelf_dwarf_gnu_debugaltlink(o->dwarf, &name, &id) : 0;

	if (size <= 0)
		return OPUS_OK;
	for (size_t i = 0; i < debugs; i++)
		if (common_try(o, debug[i], id, (size_t)size))
			return OPUS_OK;
	if (dwarf_getalt(o->dwarf) || (strchr(name, '/') &&
				       common_try_above(o, name, id, (size_t)size)))
		return OPUS_OK;
	return error_set(err, OPUS_UNREADABLE,
			 "%s: its debug information is in two parts, made by dwz(1), and %s is missing: give that with --debug, too",
			 o->path, name);
}

/* With -gsplit-dwarf the objects have only the names of files with the rest. */
static enum opus_code split_refuse(struct object *o, struct opus_error *err)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (o->dwarf && dwarf_get_units(o->dwarf, cu, &cu, NULL, &type, &die, NULL) == 0)
		if (type == DW_UT_skeleton || dwarf_hasattr(&die, DW_AT_GNU_dwo_name))
			return error_set(err, OPUS_INVALID,
				 "%s: its debug information is in .dwo files, which are not read: build it without -gsplit-dwarf",
				 o->path);
	return OPUS_OK;
}

enum opus_code object_debug_open(struct object *o, char *const *debug,
				 size_t debugs, struct opus_error *err)
{
	bool own_symtab = has_section(o->elf, NULL, SHT_SYMTAB);
	bool own_dwarf = has_section(o->elf, ".debug_info", 0) ||
			 has_section(o->elf, ".zdebug_info", 0);
	enum opus_code code;
	bool found = false;

	for (size_t i = 0; i < debugs && !found; i++) {
		code = debug_check(debug[i], err);
		if (code != OPUS_OK)
			return code;
		found = debug_try(o, debug[i]);
	}
	if (!found && !(own_symtab && own_dwarf))
		found = debug_try_build_id(o) || debug_try_link(o);
	if (found)
		o->dwarf = dwarf_begin_elf(o->debug_elf, DWARF_C_READ, NULL);
	if (!o->dwarf)
		o->dwarf = dwarf_begin_elf(o->elf, DWARF_C_READ, NULL);
	code = split_refuse(o, err);
	return code == OPUS_OK ? common_open(o, debug, debugs, err) : code;
}

enum opus_code object_debug_adopt(struct object *o, const char *path,
				  struct opus_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;

	if (!elf) {
		if (fd >= 0)
			close(fd);
		return error_set_errno(err, OPUS_UNREADABLE, "cannot open %s", path);
	}
	object_debug_close(o);
	o->debug_elf = elf;
	o->debug_fd = fd;
	o->debug_path = strdup(path);
	o->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	object_symbols_free(o);
	o->symbol = NULL;
	o->symbols = o->defined = 0;
	o->reloc = NULL;
	o->relocs = 0;
	o->text = NULL;
	o->texts = 0;
	return object_symbols_read(o, err);
}

void object_debug_close(struct object *o)
{
	if (o->dwarf)
		dwarf_end(o->dwarf);
	if (o->common)
		dwarf_end(o->common);
	if (o->common_fd >= 0)
		close(o->common_fd);
	free(o->common_path);
	o->common = NULL;
	o->common_fd = -1;
	o->common_path = NULL;
	if (o->debug_elf)
		elf_end(o->debug_elf);
	if (o->debug_fd >= 0)
		close(o->debug_fd);
	free(o->debug_path);
}
