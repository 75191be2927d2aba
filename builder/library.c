/*
 * library.c - the libraries that a target needs: are they targets, and does one of
 *             them define a symbol?
 *
 * Called by:  symbol.c, split.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Symbols are looked for only if the target could use them but does not: the
 * dynamic linker will look again, in the process. So the usual folders and the
 * target's own search path are good enough.
 */
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "symbol.h"

static bool file_defines(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
	Elf_Scn *scn = NULL;
	bool found = false;

	while (elf && !found && (scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;
		Elf_Data *data;
		GElf_Sym sym;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_DYNSYM)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 1; data && gelf_getsym(data, i, &sym); i++) {
			const char *s = elf_strptr(elf, sh.sh_link, sym.st_name);

			found |= sym.st_shndx != SHN_UNDEF && s &&
				 GELF_ST_BIND(sym.st_info) != STB_LOCAL &&
				 strcmp(s, name) == 0;
		}
	}
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
	return found;
}

/* One folder of a search path, with $ORIGIN replaced. */
static const char *folder_expand(struct build *b, const struct object *o,
				 const char *folder, size_t n)
{
	static const char *const origins[] = {"$ORIGIN", "${ORIGIN}"};

	for (size_t i = 0; i < 2; i++) {
		size_t m = strlen(origins[i]);

		if (n >= m && strncmp(folder, origins[i], m) == 0)
			return build_text(b, "%.*s%.*s",
					  (int)(o->name > o->path ? o->name - o->path - 1 : 1),
					  o->name > o->path ? o->path : ".",
					  (int)(n - m), folder + m);
	}
	return build_text(b, "%.*s", (int)n, folder);
}

static const char *library_try(struct build *b, const struct object *o,
			       const char *library, const char *path,
			       const char *name)
{
	while (*path) {
		size_t n = strcspn(path, ":");
		const char *file = build_text(
			b, "%s/%s", folder_expand(b, o, path, n), library);

		if (access(file, R_OK) == 0)
			return file_defines(file, name) ? file : NULL;
		path += n + (path[n] == ':');
	}
	return NULL;
}

/* The text of an entry of the dynamic section, number `nth` of its kind; or NULL. */
static const char *dynamic_text(const struct object *o, Elf64_Sxword kind, int nth)
{
	GElf_Shdr sh;
	Elf_Data *data = object_dynamic(o->elf, &sh);
	GElf_Dyn dyn;

	for (int i = 0; data && gelf_getdyn(data, i, &dyn); i++)
		if (dyn.d_tag == kind && nth-- == 0)
			return elf_strptr(o->elf, sh.sh_link, dyn.d_un.d_val);
	return NULL;
}

const char *library_defines(struct build *b, const struct object *o,
			    const char *name)
{
	const char *search = "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:"
			     "/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib";
	static const Elf64_Sxword paths[] = {DT_RPATH, DT_RUNPATH};
	const char *found = NULL, *text;

	for (size_t k = 0; k < 2; k++)
		for (int i = 0; (text = dynamic_text(o, paths[k], i)) != NULL; i++)
			search = build_text(b, "%s:%s", text, search);
	for (int i = 0; !found && (text = dynamic_text(o, DT_NEEDED, i)) != NULL; i++)
		found = library_try(b, o, text, search, name);
	return found;
}

static bool object_names(const struct object *o, const struct object *library)
{
	const char *name = dynamic_text(library, DT_SONAME, 0), *needed;

	for (int i = 0; (needed = dynamic_text(o, DT_NEEDED, i)) != NULL; i++)
		if (strcmp(needed, name ? name : library->name) == 0)
			return true;
	return false;
}

static bool needs_within(const struct build *b, size_t target, size_t other, size_t steps)
{
	if (object_names(b->target[target], b->target[other]))
		return true;
	for (size_t i = 0; i < b->targets && steps > 0; i++)
		if (i != target && object_names(b->target[target], b->target[i]) &&
		    needs_within(b, i, other, steps - 1))
			return true;
	return false;
}

bool target_needs(const struct build *b, size_t target, size_t other)
{
	return needs_within(b, target, other, 4);
}
