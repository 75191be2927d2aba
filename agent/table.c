/*
 * table.c - find room near a module and lay out slots and trampolines in it.
 *
 * Called by:  update.c.
 * Runs on:    agent thread.
 * Locks:      none of its own.
 * Signal:     unsafe: allocates; the look-ups are safe while threads are stopped.
 */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "descriptor.h"
#include "lock.h"
#include "object.h"

#define PAGE 4096u
#define REACH 0x7fff0000u /* a little less than the 2 GiB of a rel32 */
#define AREAS 256

struct table_area {
	uintptr_t slots; /* slots, then code */
	size_t slots_size;
	uintptr_t code;
	size_t code_size;
	uint32_t first; /* site of the first slot */
	uint32_t count;
	bool open; /* the slots are writable */
};

struct table_site table_sites[GATE_SITES];
uint32_t table_site_count;
static struct table_area areas[AREAS];
static uint32_t area_count;
static struct map_list table_maps;

/* Site number + 1 by entry address; open addressing, nothing is ever taken
 * out. What a child inherits of a table_add() that fork(2) cut short is passed
 * over: its number is not below the count, or its address is another. */
#define HASH (2u * GATE_SITES)
static uint32_t hash[HASH];
_Static_assert((HASH & (HASH - 1)) == 0, "masks take the place of divisions");

static uint32_t hash_first(uintptr_t entry)
{
	/* Fibonacci hashing: entries are multiples of 16 (Knuth, 6.4). */
	return (uint32_t)((entry * 0x9e3779b97f4a7c15u) >> 32) & (HASH - 1);
}

static void hash_add(uintptr_t entry, uint32_t site)
{
	uint32_t at = hash_first(entry);

	for (uint32_t n = 0; n < HASH && hash[at] && hash[at] != site + 1; n++)
		at = (at + 1) & (HASH - 1);
	hash[at] = site + 1;
}

int table_find(uintptr_t entry)
{
	uint32_t at = hash_first(entry), site;

	for (uint32_t n = 0; n < HASH && hash[at]; n++) {
		site = hash[at] - 1;
		if (site < table_site_count && table_sites[site].entry == entry)
			return (int)site;
		at = (at + 1) & (HASH - 1);
	}
	return -1;
}

static bool reaches(uintptr_t at, size_t size, uintptr_t low, uintptr_t high)
{
	uintptr_t far = at < low ? high - at : at + size - low;

	return far < REACH;
}

/* Try to take [at, at + size) exactly. MAP_FIXED_NOREPLACE: another thread may
 * have mapped something there since the map was read. */
static bool area_take(uintptr_t at, size_t size)
{
	void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	if (p != (void *)at) { /* a kernel before 4.17 ignores the flag */
		munmap(p, size);
		return false;
	}
	return true;
}

/* Room of `size` bytes that all of [low, high) can reach, closest first below
 * and then above the module. */
static uintptr_t area_find(uintptr_t low, uintptr_t high, size_t size)
{
	const struct map_list *m = &table_maps;

	for (uint32_t i = m->count; i-- > 1;) {
		uintptr_t at = m->list[i].start - size;

		if (m->list[i].start > low || at < m->list[i - 1].end)
			continue;
		if (!reaches(at, size, low, high))
			break;
		if (area_take(at, size))
			return at;
	}
	for (uint32_t i = 0; i + 1 < m->count; i++) {
		uintptr_t at = m->list[i].end;

		if (at < high || m->list[i + 1].start - at < size)
			continue;
		if (!reaches(at, size, low, high))
			break;
		if (area_take(at, size))
			return at;
	}
	return 0;
}

/* Beside an area that the object has, which spares reading the map: with many
 * patches, and so many lines in it, that is most of the work. 0: not there. */
static uintptr_t area_beside(const struct object *o, size_t size)
{
	for (uint32_t i = area_count; i-- > 0;) {
		const struct table_area *a = &areas[i];
		uintptr_t below = a->slots - size;
		uintptr_t above = a->code + a->code_size;

		if (table_sites[a->first].entry < o->low ||
		    table_sites[a->first].entry >= o->high)
			continue;
		if (reaches(below, size, o->low, o->high) && area_take(below, size))
			return below;
		if (reaches(above, size, o->low, o->high) && area_take(above, size))
			return above;
		return 0;
	}
	return 0;
}

static enum opus_code area_map(uintptr_t base, size_t size, uintptr_t *ret,
			       struct opus_error *err)
{
	const struct object *o = object_by_address(base);
	uint32_t lines = 512;

	if (!o)
		return error_set(err, OPUS_INTERNAL, "no object at %#lx",
				 (unsigned long)base);
	*ret = area_beside(o, size);
	if (*ret)
		return OPUS_OK;
	for (;; lines *= 2) {
		enum opus_code code = map_reserve(&table_maps, lines, err);

		if (code != OPUS_OK)
			return code;
		if (map_read(&table_maps))
			break;
		if (table_maps.error || lines > 1u << 20)
			return map_unread(&table_maps, err);
	}
	*ret = area_find(o->low, o->high, size);
	if (*ret == 0)
		return error_set(err, OPUS_RESOURCE,
				 "no %zu free bytes within 2 GiB of %s", size,
				 o->path[0] ? o->path : "the program");
	return OPUS_OK;
}

static enum opus_code put_rel32(uint8_t *at, uintptr_t from, uintptr_t to,
				struct opus_error *err)
{
	int64_t distance = (int64_t)(to - from);
	int32_t value = (int32_t)distance;

	if (distance != value)
		return error_set(err, OPUS_INVALID,
				 "a displacement of %#lx does not fit 32 bits",
				 (unsigned long)distance);
	memcpy(at, &value, 4);
	return OPUS_OK;
}

/* One trampoline: moved instructions, then `jmp rel32` into the old function
 * behind the displaced bytes. `at` is where it will run. */
static enum opus_code trampoline_emit(const struct plan *plan,
				      const struct plan_func *f, uintptr_t base,
				      uintptr_t at, uintptr_t slot, uint8_t *ret,
				      struct opus_error *err)
{
	enum opus_code code;

	memset(ret, 0xcc, TABLE_STRIDE); /* int3 */
	ret[TABLE_RELAY] = 0xff; /* jmp *slot(%rip) */
	ret[TABLE_RELAY + 1] = 0x25;
	code = put_rel32(ret + TABLE_RELAY + 2, at + TABLE_STRIDE, slot, err);
	if (code != OPUS_OK)
		return code;
	memcpy(ret, plan_bytes(plan, f->moved), f->moved_size);
	for (uint32_t i = 0; i < f->fixups; i++) {
		const struct plan_fixup *x = &plan->fixup_records[f->fixup + i];

		code = put_rel32(ret + x->at, at + x->from, base + x->to, err);
		if (code != OPUS_OK)
			return code;
	}
	ret[f->moved_size] = 0xe9; /* jmp rel32 */
	return put_rel32(ret + f->moved_size + 1, at + f->moved_size + 5,
			 base + f->entry + f->jump_at + f->length, err);
}

static enum opus_code code_write(const struct table_area *a,
				 const struct plan *plan,
				 const struct plan_func *const *funcs,
				 uintptr_t base, struct opus_error *err)
{
	int fd CLEANUP(cleanup_close) =
		descriptor_high(lock_memfd("opus-near", MFD_CLOEXEC));
	uint8_t *all CLEANUP(cleanup_free) = calloc(1, a->code_size);
	enum opus_code code = OPUS_OK;

	for (uint32_t i = 0; i < a->count && all && code == OPUS_OK; i++)
		code = trampoline_emit(plan, funcs[i], base,
				       a->code + i * TABLE_STRIDE,
				       a->slots + i * sizeof(uintptr_t),
				       all + i * TABLE_STRIDE, err);
	if (code != OPUS_OK)
		return code;
	if (!all || fd < 0 ||
	    write(fd, all, a->code_size) != (ssize_t)a->code_size)
		return error_set_errno(err, OPUS_RESOURCE, "memfd for trampolines");
	if (lock_map((void *)a->code, a->code_size, PROT_READ | PROT_EXEC,
		     MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
		return error_set_errno(err, errno == ENOMEM ? OPUS_RESOURCE : OPUS_CONFINED,
			"the process may not map executable memory from a memfd");
	return OPUS_OK;
}

static void sites_fill(const struct table_area *a, const struct plan *plan,
		       const struct plan_func *const *funcs, uintptr_t base,
		       uint32_t *ret)
{
	for (uint32_t i = 0; i < a->count; i++) {
		uint32_t index = a->first + i;
		struct table_site *t = &table_sites[index];
		struct gate_site *g = &gate_sites[index];

		t->base = base;
		t->entry = base + funcs[i]->entry;
		t->plan = plan;
		t->func = funcs[i];
		t->trampoline = a->code + i * TABLE_STRIDE;
		t->jumping = false;
		memcpy(t->original, (const void *)t->entry, funcs[i]->orig_size);
		hash_add(t->entry, index);
		g->slot = (_Atomic uintptr_t *)a->slots + i;
		atomic_store(&g->settled, t->trampoline);
		atomic_store(g->slot, t->trampoline);
		ret[i] = index;
	}
}

enum opus_code table_add(const struct plan *plan,
			 const struct plan_func *const *funcs, uint32_t count,
			 uintptr_t base, uint32_t *ret, struct opus_error *err)
{
	struct table_area *a = &areas[area_count];
	enum opus_code code;

	if (area_count == AREAS || count > GATE_SITES - table_site_count)
		return error_set(err, OPUS_RESOURCE,
				 "more than %d functions of this process would be redirected",
				 GATE_SITES);
	a->slots_size = (count * sizeof(uintptr_t) + PAGE - 1) & ~(size_t)(PAGE - 1);
	a->code_size = (count * TABLE_STRIDE + PAGE - 1) & ~(size_t)(PAGE - 1);
	a->first = table_site_count;
	a->count = count;
	code = area_map(base + funcs[0]->entry, a->slots_size + a->code_size,
			&a->slots, err);
	if (code != OPUS_OK)
		return code;
	a->open = true;
	a->code = a->slots + a->slots_size;
	code = code_write(a, plan, funcs, base, err);
	if (code != OPUS_OK) {
		munmap((void *)a->slots, a->slots_size + a->code_size);
		return code;
	}
	sites_fill(a, plan, funcs, base, ret);
	/* Counts last: a child that is forked here sees whole entries only. */
	area_count++;
	table_site_count += count;
	return OPUS_OK;
}

uint32_t table_jump_size(uint32_t site)
{
	return table_sites[site].func->length < PLAN_JUMP_SIZE ? PLAN_JUMP_SHORT
							       : PLAN_JUMP_SIZE;
}

uint32_t table_jump(uint32_t site, uint8_t ret[PLAN_JUMP_SIZE])
{
	const struct table_site *t = &table_sites[site];
	uint32_t size = table_jump_size(site);
	uintptr_t behind = t->entry + t->func->jump_at + size, to;
	int32_t distance;

	if (size == PLAN_JUMP_SHORT) {
		*ret++ = 0xe9; /* jmp rel32 */
		to = t->trampoline + TABLE_RELAY;
	} else {
		*ret++ = 0xff; /* jmp *distance(%rip) */
		*ret++ = 0x25;
		to = (uintptr_t)gate_sites[site].slot;
	}
	distance = (int32_t)(to - behind);
	memcpy(ret, &distance, 4);
	return size;
}

/* Site whose trampoline holds the address, and the offset in it. */
static const struct table_site *trampoline_find(uintptr_t address, uint32_t *offset)
{
	for (uint32_t i = 0; i < area_count; i++) {
		const struct table_area *a = &areas[i];

		if (address < a->code || address >= a->code + a->count * TABLE_STRIDE)
			continue;
		*offset = (uint32_t)((address - a->code) % TABLE_STRIDE);
		return &table_sites[a->first + (address - a->code) / TABLE_STRIDE];
	}
	return NULL;
}

bool table_bounds(uint32_t i, uintptr_t *start, uintptr_t *end)
{
	if (i >= area_count)
		return false;
	*start = areas[i].code;
	*end = areas[i].code + areas[i].count * TABLE_STRIDE;
	return true;
}

uintptr_t table_original(uintptr_t address)
{
	uint32_t offset, best = 0;
	const struct table_site *t = trampoline_find(address, &offset);

	if (!t)
		return address;
	if (offset >= TABLE_RELAY) /* on its way in, not yet inside */
		return t->entry;
	/* The jump back belongs to the point behind the last one. */
	for (uint32_t k = 0; k < t->func->points; k++) {
		const struct plan_point *p =
			&t->plan->point_records[t->func->point + k];

		if (p->moved <= offset)
			best = p->orig;
	}
	return t->entry + best;
}

bool table_between(uintptr_t address)
{
	uint32_t offset;
	const struct table_site *t = trampoline_find(address, &offset);

	if (!t || offset == TABLE_RELAY)
		return false;
	for (uint32_t k = 0; k < t->func->points; k++)
		if (t->plan->point_records[t->func->point + k].moved == offset)
			return false;
	return true;
}

bool table_displaced(uint32_t site, uintptr_t address)
{
	const struct table_site *t = &table_sites[site];
	uintptr_t start = t->entry + t->func->jump_at;

	return address > start && address < start + t->func->length;
}

uintptr_t table_moved(uint32_t site, uintptr_t address)
{
	const struct table_site *t = &table_sites[site];

	for (uint32_t k = 0; k < t->func->points; k++) {
		const struct plan_point *p =
			&t->plan->point_records[t->func->point + k];

		if (t->entry + p->orig == address)
			return t->trampoline + p->moved;
	}
	return 0;
}

static bool area_protect(struct table_area *a, bool open)
{
	long rc;

	if (a->open == open)
		return true;
	/* A child that is forked between the two must not take the slots for
	 * writable when they are not: it writes them before its first line. */
	if (!open)
		a->open = false;
	atomic_signal_fence(memory_order_seq_cst);
	/* RLIMIT_DATA counts memory by whether it may be written. */
	rc = mprotect((void *)a->slots, a->slots_size,
		      open ? PROT_READ | PROT_WRITE : PROT_READ);
	atomic_signal_fence(memory_order_seq_cst);
	if (open && rc == 0)
		a->open = true;
	return rc == 0;
}

void table_unlock(void)
{
	for (uint32_t i = 0; i < area_count; i++)
		area_protect(&areas[i], true);
}

enum opus_code table_unlock_site(uint32_t site, struct opus_error *err)
{
	for (uint32_t i = 0; i < area_count; i++)
		if (site - areas[i].first < areas[i].count &&
		    !area_protect(&areas[i], true))
			return error_set_errno(err, OPUS_RESOURCE,
				"its jump slots cannot be made writable (RLIMIT_DATA, RLIMIT_AS)");
	return OPUS_OK;
}

void table_lock(void)
{
	for (uint32_t i = 0; i < area_count; i++)
		area_protect(&areas[i], false);
}
