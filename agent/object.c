/*
 * object.c - what is loaded where, by build-id and by address.
 *
 * Called by:  patch.c and update.c before a stop; map_read() also during one.
 * Runs on:    agent thread.
 * Locks:      object_snapshot: the loader's, by dl_iterate_phdr(3).
 * Signal:     unsafe: loader.
 */
#include "object.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/x86_64/raw.h"
#include "descriptor.h"
#include "fork.h"
#include "proc.h"

struct objects objects_now;

static void object_note(struct object *o, const uint8_t *p, size_t size)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		const Elf64_Nhdr *n = (const void *)p;
		size_t name = (n->n_namesz + 3u) & ~3u;
		size_t desc = (n->n_descsz + 3u) & ~3u;

		if (name + desc > size - sizeof(*n))
			return;
		if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 &&
		    memcmp(n + 1, "GNU", 4) == 0 && n->n_descsz <= OBJECT_ID) {
			o->build_id_size = n->n_descsz;
			memcpy(o->build_id, p + sizeof(*n) + name, n->n_descsz);
			return;
		}
		p += sizeof(*n) + name + desc;
		size -= sizeof(*n) + name + desc;
	}
}

static void object_segment_add(struct object *o, const Elf64_Phdr *p)
{
	struct object_segment *s;

	if (o->segments == OBJECT_SEGMENTS)
		return;
	s = &o->segment[o->segments++];
	s->start = o->base + p->p_vaddr;
	s->end = s->start + p->p_memsz;
	s->flags = p->p_flags;
	if (s->start < o->low)
		o->low = s->start;
	if (s->end > o->high)
		o->high = s->end;
}

static int object_add(struct dl_phdr_info *info, size_t size, void *data)
{
	struct objects *all = data;
	struct object *o;

	(void)size;
	if (all->count == all->capacity)
		return 1; /* stops the iteration: more room is needed */
	o = &all->list[all->count];
	memset(o, 0, sizeof(*o));
	o->base = info->dlpi_addr;
	o->low = UINTPTR_MAX;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD)
			object_segment_add(o, p);
		else if (p->p_type == PT_GNU_EH_FRAME)
			o->unwind_table = o->base + p->p_vaddr;
		else if (p->p_type == PT_NOTE && o->build_id_size == 0)
			object_note(o, (const void *)(o->base + p->p_vaddr),
				    p->p_memsz);
	}
	if (o->unwind_table)
		memcpy(o->unwind_start, (const void *)o->unwind_table,
		       sizeof(o->unwind_start));
	if (info->dlpi_name)
		strncpy(o->path, info->dlpi_name, sizeof(o->path) - 1);
	all->count++;
	return 0;
}

enum opus_code object_snapshot(struct opus_error *err)
{
	for (;;) {
		uint32_t more = objects_now.capacity ? 2 * objects_now.capacity : 64;
		void *p;

		int full = 1;

		objects_now.count = 0;
		if (objects_now.list) {
			fork_hold();
			full = dl_iterate_phdr(object_add, &objects_now);
			fork_let();
		}
		if (!full)
			return OPUS_OK;
		p = mmap(NULL, more * sizeof(struct object),
			 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return error_set_errno(err, OPUS_RESOURCE,
					       "no memory for %u loaded objects", more);
		if (objects_now.list)
			munmap(objects_now.list,
			       objects_now.capacity * sizeof(struct object));
		objects_now.list = p;
		objects_now.capacity = more;
	}
}

struct path_copy {
	uintptr_t base;
	char *ret;
	size_t size;
};

static int path_copy(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct path_copy *c = data;

	(void)size;
	if (info->dlpi_addr != c->base || !info->dlpi_name)
		return 0;
	return snprintf(c->ret, c->size, "%s", info->dlpi_name) < (int)c->size ? 1 : -1;
}

bool object_path(uintptr_t base, char *ret, size_t size)
{
	struct path_copy c = {base, ret, size};

	return dl_iterate_phdr(path_copy, &c) == 1;
}

struct id_visit {
	bool (*visit)(const uint8_t *, uint32_t, void *);
	void *data;
};

static int id_visit(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct id_visit *v = data;
	struct object o;

	(void)size;
	o.build_id_size = 0;
	for (int i = 0; i < info->dlpi_phnum && o.build_id_size == 0; i++) {
		const Elf64_Phdr *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_NOTE)
			object_note(&o, (const void *)(info->dlpi_addr + p->p_vaddr),
				    p->p_memsz);
	}
	return o.build_id_size && v->visit(o.build_id, o.build_id_size, v->data);
}

bool object_any_id(bool (*visit)(const uint8_t *, uint32_t, void *), void *data)
{
	struct id_visit v = {visit, data};

	return dl_iterate_phdr(id_visit, &v) != 0;
}

static const struct object *by_build_id(uint32_t from, const uint8_t *id, uint32_t size)
{
	for (uint32_t i = from; i < objects_now.count; i++) {
		const struct object *o = &objects_now.list[i];

		if (size != 0 && o->build_id_size == size &&
		    memcmp(o->build_id, id, size) == 0)
			return o;
	}
	return NULL;
}

const struct object *object_by_build_id(const uint8_t *id, uint32_t size)
{
	return by_build_id(0, id, size);
}

const struct object *object_twin(const struct object *o)
{
	return by_build_id((uint32_t)(o - objects_now.list) + 1, o->build_id,
			   o->build_id_size);
}

const struct object *object_by_address(uintptr_t address)
{
	for (uint32_t i = 0; i < objects_now.count; i++) {
		const struct object *o = &objects_now.list[i];

		if (address < o->low || address >= o->high)
			continue;
		for (uint32_t k = 0; k < o->segments; k++)
			if (address >= o->segment[k].start &&
			    address < o->segment[k].end)
				return o;
	}
	return NULL;
}

bool object_covers(const struct object *o, uintptr_t address, size_t size,
		   uint32_t flags)
{
	for (uint32_t k = 0; k < o->segments; k++) {
		const struct object_segment *s = &o->segment[k];

		if (address >= s->start && address <= s->end &&
		    size <= s->end - address && (s->flags & flags) == flags)
			return true;
	}
	return false;
}

enum opus_code map_reserve(struct map_list *m, uint32_t count,
			   struct opus_error *err)
{
	size_t list = count * sizeof(struct map_entry);
	size_t text = (size_t)count * 160;
	char *p;

	if (count <= m->capacity)
		return OPUS_OK;
	p = mmap(NULL, list + text, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return error_set_errno(err, OPUS_RESOURCE,
				       "no memory for a map of %u lines", count);
	if (m->list)
		munmap(m->list, m->capacity * sizeof(struct map_entry) +
					m->buffer_size);
	m->list = (void *)p;
	m->buffer = p + list;
	m->buffer_size = text;
	m->capacity = count;
	m->count = 0;
	return OPUS_OK;
}

static const char *parse_hex(const char *s, uintptr_t *ret)
{
	uintptr_t value = 0;

	for (;; s++) {
		if (*s >= '0' && *s <= '9')
			value = value * 16 + (uintptr_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			value = value * 16 + (uintptr_t)(*s - 'a' + 10);
		else
			break;
	}
	*ret = value;
	return s;
}

static bool map_parse(struct map_list *m, const char *text, size_t size)
{
	const char *end = text + size;

	m->count = 0;
	while (text < end) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		struct map_entry *e = &m->list[m->count];

		if (!line || m->count == m->capacity)
			return false;
		text = parse_hex(text, &e->start);
		text = parse_hex(text + 1, &e->end);
		e->readable = text[1] == 'r';
		e->stack = line - text > 8 && memcmp(line - 7, "[stack]", 7) == 0;
		m->count++;
		text = line + 1;
	}
	return true;
}

bool map_read(struct map_list *m)
{
	struct descriptor maps;
	size_t have = 0;
	long n = -1;
	int fd;

	m->count = 0;
	m->error = 0;
	fd = proc_open("maps", O_RDONLY);
	descriptor_keep(&maps, fd);
	if (maps.fd < 0) {
		m->error = fd < 0 ? -fd : EBADF;
		return false;
	}
	while (have < m->buffer_size &&
	       (n = raw_syscall3(SYS_read, maps.fd, (long)(m->buffer + have),
				 (long)(m->buffer_size - have))) > 0)
		have += (size_t)n;
	descriptor_close(&maps);
	m->error = n < 0 ? (int)-n : 0;
	return n == 0 && map_parse(m, m->buffer, have);
}

enum opus_code map_unread(const struct map_list *m, struct opus_error *err)
{
	errno = m->error ? m->error : E2BIG;
	return error_set_errno(err, OPUS_RESOURCE,
			       "cannot read the memory map /proc/self/maps");
}

const struct map_entry *map_find(const struct map_list *m, uintptr_t address)
{
	uint32_t low = 0, high = m->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (address < m->list[middle].start)
			high = middle;
		else if (address >= m->list[middle].end)
			low = middle + 1;
		else
			return &m->list[middle];
	}
	return NULL;
}
