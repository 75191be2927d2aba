/*
 * module.c - read ELF objects out of another process' memory.
 *
 * Called by:  inject.c, place.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "module.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "proc.h"
#include "watch.h"

#define DYNAMIC_MAX 128
#define SEGMENTS 32
#define LINKS 4096 /* objects of a namespace */
#define TEXT_READ (64u << 10)
#define CHAIN_READ 8
#define CHAIN_MAX 4096 /* no honest one is so long */
#define PAGE 4096u

static bool header_read(pid_t view, uint64_t at, Elf64_Ehdr *e)
{
	return proc_memory_read(view, at, e, sizeof(*e)) &&
	       memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 &&
	       e->e_ident[EI_CLASS] == ELFCLASS64 &&
	       e->e_phentsize == sizeof(Elf64_Phdr);
}

/* The object's program headers: how many, 0 if there are none. */
static size_t segments_read(pid_t view, uint64_t at, Elf64_Phdr ret[SEGMENTS])
{
	Elf64_Ehdr e;
	size_t count;

	if (!header_read(view, at, &e))
		return 0;
	count = e.e_phnum < SEGMENTS ? e.e_phnum : SEGMENTS;
	return proc_memory_read(view, at + e.e_phoff, ret, count * sizeof(ret[0]))
		       ? count : 0;
}

/* glibc has added the load bias to these in place, musl and the vDSO not. */
static uint64_t pointer_of(const struct module *m, uint64_t value)
{
	return value < m->bias ? value + m->bias : value;
}

static void dynamic_read(const struct modules *m, struct module *object,
			 uint64_t at, uint64_t size)
{
	Elf64_Dyn d[DYNAMIC_MAX];

	if (size > sizeof(d))
		size = sizeof(d);
	if (!proc_memory_read(m->view, at, d, size))
		return;
	for (size_t i = 0; i < size / sizeof(d[0]); i++) {
		uint64_t value = pointer_of(object, d[i].d_un.d_ptr);

		switch (d[i].d_tag) {
		case DT_SYMTAB: object->symbols = value; break;
		case DT_STRTAB: object->strings = value; break;
		case DT_GNU_HASH: object->hash = value; break;
		}
	}
}

static void object_read(const struct modules *m, struct module *object)
{
	Elf64_Phdr p[SEGMENTS];
	size_t count;
	bool biased = false;

	watch_note(object->path);
	count = segments_read(m->view, object->start, p);

	for (size_t i = 0; i < count && !biased; i++)
		if (p[i].p_type == PT_LOAD) {
			object->bias = object->start -
				       (p[i].p_vaddr - p[i].p_offset);
			biased = true;
		}
	for (size_t i = 0; i < count; i++)
		if (p[i].p_type == PT_DYNAMIC)
			dynamic_read(m, object, object->bias + p[i].p_vaddr,
				     p[i].p_memsz);
	if (object->hash && object->symbols && object->strings &&
	    (!proc_memory_read(m->view, object->hash, &object->head,
			       sizeof(object->head)) || !object->head.bloom))
		object->head.buckets = 0;
}

static bool same_file(const struct module *object, const struct proc_map *map)
{
	return object->inode == map->inode && object->device == map->device &&
	       map->inode != 0;
}

/* A second copy of the file, behind the end of the first: in a namespace of its own
 * (dlmopen(3), LD_AUDIT). */
static bool is_another_copy(const struct modules *m, const struct module *object,
			    const struct proc_map *map)
{
	Elf64_Phdr p[SEGMENTS];
	size_t count = map->offset ? 0 : segments_read(m->view, object->start, p);
	uint64_t first = UINT64_MAX, end = 0;

	for (size_t i = 0; i < count; i++) {
		if (p[i].p_type != PT_LOAD)
			continue;
		first = p[i].p_vaddr < first ? p[i].p_vaddr : first;
		end = p[i].p_vaddr + p[i].p_memsz;
	}
	return count && map->start - object->start >= end - first / PAGE * PAGE;
}

/* Code that the program has moved to large pages, which have no file. */
static bool is_moved_code(const struct module *object, const struct proc_map *map)
{
	return !map->inode && map->executable && !object->text_start &&
	       map->start == object->end;
}

static enum opus_code list_read(struct modules *m, char *maps,
				struct opus_error *err)
{
	struct module *now = NULL, *more;
	struct proc_map map;

	while (proc_maps_next(&maps, &map)) {
		if (now && same_file(now, &map) && !is_another_copy(m, now, &map)) {
			now->end = map.end;
		} else if (now && is_moved_code(now, &map)) {
			now->end = map.end;
		} else if (map.inode && map.offset == 0 && map.readable &&
			   map.is_private) { /* shared: no object, perhaps a device */
			more = realloc(m->list, (m->count + 1) * sizeof(*more));
			if (!more)
				return error_set(err, OPUS_RESOURCE, "no memory");
			m->list = more;
			now = memset(&more[m->count++], 0, sizeof(*more));
			now->start = map.start;
			now->end = now->first_end = map.end;
			now->device = map.device;
			now->inode = map.inode;
			snprintf(now->path, sizeof(now->path), "%s", map.path);
		} else {
			continue;
		}
		if (map.executable && !now->text_start) {
			now->text_start = map.start;
			now->text_end = map.end;
		}
	}
	return OPUS_OK;
}

/* Is the loader what was executed? */
static bool is_started_by_loader(const struct modules *m)
{
	const struct module *first = modules_find(m, m->entry);

	return first && module_symbol(m, first, "_r_debug");
}

/* Of several the one that is in the program's namespace, the first of the loader's. */
static void libc_choose(struct modules *m)
{
	struct r_debug r = {0};
	struct link_map link = {0};
	uint64_t at = module_symbol(m, m->loader, "_r_debug");

	if (!at || !proc_memory_read(m->view, at, &r, sizeof(r)))
		return;
	link.l_next = r.r_map;
	for (size_t n = 0; link.l_next && n < LINKS; n++) {
		if (!proc_memory_read(m->view, (uintptr_t)link.l_next, &link,
				      sizeof(link)))
			return;
		for (size_t i = 0; i < m->count; i++)
			if (m->list[i].kind == MODULE_LIBC &&
			    m->list[i].bias == link.l_addr)
				m->libc = &m->list[i];
	}
}

static enum opus_code kinds_set(struct modules *m, struct opus_error *err)
{
	uint64_t base;
	unsigned int libcs = 0;
	const char *other = "";

	if (!proc_auxv(m->view, AT_BASE, &base) ||
	    !proc_auxv(m->view, AT_ENTRY, &m->entry))
		return error_set_errno(err, errno == EACCES || errno == EPERM
						    ? OPUS_PERMISSION : OPUS_DIED,
				       "cannot read its auxiliary vector");
	/* The kernel writes the vector last. */
	m->executing = !m->entry;
	if (m->executing)
		return error_set(err, OPUS_NO_AGENT,
				 "it is just becoming another program");
	for (size_t i = 0; i < m->count; i++) {
		struct module *object = &m->list[i];

		if (base && object->start == base) {
			object->kind = MODULE_LOADER;
			m->loader = object;
			other = proc_basename(object->path);
		} else if (module_symbol(m, object, "gnu_get_libc_version")) {
			object->kind = MODULE_LIBC;
			m->libc = object;
			libcs++;
		} else if (module_symbol(m, object, "malloc")) {
			if (m->entry >= object->start && m->entry < object->end)
				m->own_malloc = true;
			else
				object->kind = MODULE_MALLOC;
		}
	}
	if (m->loader && libcs > 1)
		libc_choose(m);
	if (!base && is_started_by_loader(m))
		return error_set(err, OPUS_NO_AGENT,
			"it was started by way of its loader (`ld.so PROGRAM`), which "
			"is not supported: start the program itself");
	if (!base)
		return error_set(err, OPUS_NO_AGENT,
			"it is linked statically: nothing can be loaded into it");
	if (!m->loader || !m->libc)
		return error_set(err, OPUS_NO_AGENT,
			"its C library is not glibc (its loader is %s), and there "
			"is only an agent for that", *other ? other : "unknown");
	return OPUS_OK;
}

enum opus_code modules_init(struct modules *m, pid_t view, char *maps,
			    struct opus_error *err)
{
	enum opus_code code;

	memset(m, 0, sizeof(*m));
	m->view = view;
	if (proc_is_32bit(view)) /* then nothing below fits */
		return error_set(err, OPUS_NO_AGENT,
			"it is a 32-bit program; there is only an agent for "
			"64-bit ones");
	code = list_read(m, maps, err);
	for (size_t i = 0; code == OPUS_OK && i < m->count; i++)
		object_read(m, &m->list[i]);
	return code == OPUS_OK ? kinds_set(m, err) : code;
}

bool modules_starting(pid_t view, char *maps)
{
	struct modules m = {.view = view};
	struct opus_error ignored;
	bool starting;
	uint64_t base;

	if (list_read(&m, maps, &ignored) == OPUS_OK &&
	    proc_auxv(view, AT_BASE, &base) &&
	    proc_auxv(view, AT_ENTRY, &m.entry)) {
		m.executing = !m.entry;
		for (size_t i = 0; i < m.count && !m.loader; i++)
			if (base && m.list[i].start == base) {
				object_read(&m, &m.list[i]);
				m.loader = &m.list[i];
			}
	}
	starting = modules_loading(&m);
	modules_deinit(&m);
	return starting;
}

void modules_deinit(struct modules *m)
{
	free(m->list);
	memset(m, 0, sizeof(*m));
}

bool modules_loading(const struct modules *m)
{
	/* struct r_debug of <link.h>, which glibc 2.35 has made longer. */
	struct r_debug r;
	uint64_t at = m->loader ? module_symbol(m, m->loader, "_r_debug") : 0;

	return m->executing ||
	       (at && proc_memory_read(m->view, at, &r, sizeof(r)) &&
		(r.r_version == 0 || r.r_state != RT_CONSISTENT));
}

bool modules_changed(const struct modules *m)
{
	CLEANUP(cleanup_free) char *maps = proc_maps_read(m->view);
	struct modules now = {.view = m->view};
	struct opus_error ignored;
	bool changed;

	if (!maps || list_read(&now, maps, &ignored) != OPUS_OK) {
		modules_deinit(&now);
		return false;
	}
	changed = now.count != m->count;
	for (size_t i = 0; i < now.count && !changed; i++)
		changed = now.list[i].start != m->list[i].start ||
			  now.list[i].inode != m->list[i].inode;
	modules_deinit(&now);
	return changed;
}

bool modules_replaced(const struct modules *m)
{
	uint64_t base;

	if (!proc_auxv(m->view, AT_BASE, &base) || !base)
		return false;
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].start == base)
			return false;
	return true;
}

const struct module *modules_find(const struct modules *m, uint64_t address)
{
	for (size_t i = 0; i < m->count; i++)
		if (address >= m->list[i].start && address < m->list[i].end)
			return &m->list[i];
	return NULL;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

static bool symbol_matches(const struct modules *m, const struct module *object,
			   uint32_t index, const char *name, Elf64_Sym *ret)
{
	char text[64];
	size_t size = strlen(name) + 1;

	return size <= sizeof(text) &&
	       proc_memory_read(m->view, object->symbols + index * sizeof(*ret),
				ret, sizeof(*ret)) &&
	       ret->st_shndx != SHN_UNDEF &&
	       proc_memory_read(m->view, object->strings + ret->st_name, text,
				size) &&
	       memcmp(text, name, size) == 0;
}

/* May the object define it? One bit in 64 is set by chance, two of them are asked. */
static bool bloom_passes(const struct modules *m, const struct module *object,
			 uint32_t hash)
{
	uint64_t word, at = object->hash + sizeof(object->head) +
			    8ull * (hash / 64 % object->head.bloom);

	return proc_memory_read(m->view, at, &word, sizeof(word)) &&
	       (word >> (hash % 64) & word >> ((hash >> object->head.shift) % 64) & 1);
}

/* Some words, up to the end of the page: the table may end with the last one. */
static size_t chain_read(const struct modules *m, uint64_t at, uint32_t *ret)
{
	size_t count = (PAGE - at % PAGE) / sizeof(*ret);

	count = count < CHAIN_READ ? count : CHAIN_READ;
	return proc_memory_read(m->view, at, ret, count * sizeof(*ret)) ? count : 0;
}

/* The table of DT_GNU_HASH: four words, bloom filter, buckets, chains. Several
 * versions of a name follow each other; the first one is the default of all
 * functions that are asked for here. */
uint64_t module_symbol(const struct modules *m, const struct module *object,
		       const char *name)
{
	uint32_t index, chain[CHAIN_READ], hash = gnu_hash(name);
	uint64_t buckets, chains;
	Elf64_Sym s;

	if (!object->head.buckets || !bloom_passes(m, object, hash))
		return 0;
	buckets = object->hash + sizeof(object->head) + 8ull * object->head.bloom;
	chains = buckets + 4ull * object->head.buckets;
	if (!proc_memory_read(m->view, buckets + 4ull * (hash % object->head.buckets),
			      &index, sizeof(index)) ||
	    index < object->head.first)
		return 0;
	for (size_t i = 0, have = 0, n = 0; n < CHAIN_MAX; n++, i++, index++) {
		if (i == have) {
			have = chain_read(m, chains + 4ull * (index - object->head.first),
					  chain);
			i = 0;
		}
		if (!have)
			return 0;
		if ((chain[i] | 1) == (hash | 1) &&
		    symbol_matches(m, object, index, name, &s))
			return object->bias + s.st_value;
		if (chain[i] & 1)
			return 0;
	}
	return 0;
}

uint64_t module_bytes(const struct modules *m, const struct module *object,
		      const void *bytes, size_t size)
{
	CLEANUP(cleanup_free) char *text = malloc(TEXT_READ);

	/* What is looked for lies near the start, as a rule. */
	for (uint64_t at = object->text_start; text && at + size <= object->text_end;
	     at += TEXT_READ - size) {
		uint64_t left = object->text_end - at;
		size_t part = left < TEXT_READ ? left : TEXT_READ;
		const char *found;

		if (!proc_memory_read(m->view, at, text, part))
			return 0;
		found = memmem(text, part, bytes, size);
		if (found)
			return at + (uint64_t)(found - text);
	}
	return 0;
}
