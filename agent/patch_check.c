/*
 * patch_check.c - nothing in a plan is believed that can be looked up.
 *
 * Called by:  patch.c.
 * Runs on:    agent thread.
 * Locks:      the loader's (dlopen with RTLD_NOLOAD, dlsym, dlvsym), malloc's.
 * Signal:     unsafe: loader, heap.
 */
#include "patch_check.h"

#include <dlfcn.h>
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "table.h"

static bool file_inside(const struct plan *p, uint64_t at, uint64_t size)
{
	return at <= p->file_size && size <= p->file_size - at;
}

static enum opus_code dynamic_check(const struct plan *p, const Elf64_Phdr *ph,
				    struct opus_error *err)
{
	const Elf64_Dyn *d = (const void *)(p->file + ph->p_offset);

	if (ph->p_offset % 8 != 0 || !file_inside(p, ph->p_offset, ph->p_filesz))
		return error_set(err, OPUS_INVALID,
				 "its dynamic section is outside the file");
	for (size_t n = ph->p_filesz / sizeof(*d); n > 0; n--, d++) {
		switch (d->d_tag) {
		case DT_INIT: case DT_PREINIT_ARRAYSZ: case DT_INIT_ARRAYSZ:
			if (d->d_un.d_val != 0)
				return error_set(err, OPUS_INVALID,
					"it has a constructor, which would run before its references are filled in: use a pre_apply hook");
			break;
		case DT_TEXTREL:
			return error_set(err, OPUS_INVALID,
					 "it has text relocations: build it with -fPIC");
		case DT_FLAGS:
			if (d->d_un.d_val & DF_TEXTREL)
				return error_set(err, OPUS_INVALID,
					"it has text relocations: build it with -fPIC");
			break;
		}
	}
	return OPUS_OK;
}

enum opus_code patch_check_file(const struct patch *p, struct opus_error *err)
{
	const struct plan *plan = &p->plan;
	const Elf64_Ehdr *e = (const void *)plan->file;
	const Elf64_Phdr *ph = (const void *)(plan->file + e->e_phoff);
	bool stack = false, dynamic = false;

	if (e->e_phentsize != sizeof(*ph) || e->e_phoff % 8 != 0 ||
	    !file_inside(plan, e->e_phoff, (uint64_t)e->e_phnum * sizeof(*ph)))
		return error_set(err, OPUS_INVALID,
				 "its program headers are outside the file");
	for (int i = 0; i < e->e_phnum; i++, ph++) {
		enum opus_code code = OPUS_OK;

		/* Without this header, or with PF_X in it, the loader makes
		 * the stacks of the whole process executable. */
		if (ph->p_type == PT_GNU_STACK)
			stack = !(ph->p_flags & PF_X);
		if (ph->p_type == PT_LOAD &&
		    (ph->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
			return error_set(err, OPUS_INVALID,
				"it has a segment that is writable and executable");
		if (ph->p_type == PT_DYNAMIC) {
			dynamic = true;
			code = dynamic_check(plan, ph, err);
		}
		if (code != OPUS_OK)
			return code;
	}
	if (!stack || !dynamic)
		return error_set(err, OPUS_INVALID,
			"it asks for an executable stack, or has no dynamic section");
	return OPUS_OK;
}

/* Keep a target loaded, as long as the process lives once its code carries a jump
 * to us. The main program has an empty path and cannot go away. By its path another
 * may be found that has come in its place since the snapshot. */
static void *target_handle(const struct object *o)
{
	static char path[PATH_MAX];
	struct link_map *map;
	void *handle;

	if (!object_path(o->base, path, sizeof(path)))
		return NULL;
	handle = dlopen(path[0] ? path : NULL, RTLD_LAZY | RTLD_NOLOAD);
	if (!handle || (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 &&
			map->l_addr == o->base))
		return handle;
	dlclose(handle);
	return NULL;
}

static enum opus_code target_find(struct patch *p, uint32_t index,
				  struct opus_error *err)
{
	const struct plan_target *t = &p->plan.target_records[index];
	const struct object *o = object_by_build_id(
		plan_bytes(&p->plan, t->build_id), t->build_id_size), *twin;

	if (t->machine != EM_X86_64)
		return error_set(err, OPUS_INVALID,
				 "its target %s is for another architecture",
				 plan_string(&p->plan, t->name));
	if (!o)
		return error_set(err, OPUS_NO_MATCH,
			"%s with the build-id that the patch was made for is not loaded here: another version, or not loaded yet",
			plan_string(&p->plan, t->name));
	p->targets[index] = o->base;
	/* From two files, a copy or a link that was replaced by another. */
	twin = object_twin(o);
	if (twin)
		return error_set(err, OPUS_NO_MATCH,
			"it is loaded twice, as %s and as %s, and only one of them would be patched",
			o->path[0] ? o->path : "the program", twin->path);
	p->held[index] = target_handle(o);
	if (!p->held[index] && o->path[0] && strncmp(o->path, "linux-vdso", 10) != 0)
		return error_set(err, OPUS_NO_MATCH,
				 "%s is being unloaded", o->path);
	return OPUS_OK;
}

static enum opus_code layout_check(const struct plan *p, const struct plan_func *f,
				   const char *name, struct opus_error *err)
{
	uint32_t last = 0, last_moved = 0;

	if ((f->jump_at != 0 && f->jump_at != 4) || f->length < PLAN_JUMP_SHORT ||
	    f->length > TABLE_ORIG_MAX - 4 || f->orig_size > TABLE_ORIG_MAX ||
	    f->orig_size < f->jump_at + f->length ||
	    f->moved_size > TABLE_MOVED_MAX || f->moved_size == 0)
		return error_set(err, OPUS_INVALID, "%s: impossible lengths", name);
	for (uint32_t i = 0; i < f->fixups; i++) {
		const struct plan_fixup *x = &p->fixup_records[f->fixup + i];

		if (x->at > f->moved_size - 4 || f->moved_size < 4 ||
		    x->from > f->moved_size)
			return error_set(err, OPUS_INVALID, "%s: bad fixup", name);
	}
	for (uint32_t i = 0; i < f->points; i++) {
		const struct plan_point *x = &p->point_records[f->point + i];

		if (x->orig < f->jump_at || x->orig > f->jump_at + f->length ||
		    x->moved > f->moved_size || x->orig < last ||
		    x->moved < last_moved)
			return error_set(err, OPUS_INVALID, "%s: bad points", name);
		last = x->orig;
		last_moved = x->moved;
	}
	if (f->points == 0)
		return error_set(err, OPUS_INVALID, "%s: no points", name);
	return OPUS_OK;
}

static enum opus_code ranges_check(const struct patch *p, const struct plan_func *f,
				   const struct object *o, const char *name,
				   struct opus_error *err)
{
	bool entry = false;

	for (uint32_t i = 0; i < f->ranges; i++) {
		const struct plan_range *r = &p->plan.range_records[f->range + i];

		if (r->start >= r->end ||
		    !object_covers(o, o->base + r->start, r->end - r->start, PF_X))
			return error_set(err, OPUS_INVALID,
				"%s: a code range is outside the code of %s", name,
				plan_string(&p->plan,
					    p->plan.target_records[f->target].name));
		entry |= r->start == f->entry;
	}
	if (!entry || !object_covers(o, o->base + f->entry, f->orig_size, PF_X))
		return error_set(err, OPUS_INVALID,
				 "%s: its entry is outside its code", name);
	return OPUS_OK;
}

static enum opus_code bytes_check(const struct patch *p, const struct plan_func *f,
				  const struct object *o, const char *name,
				  struct opus_error *err)
{
	const uint8_t *want = plan_bytes(&p->plan, f->orig);
	uintptr_t entry = o->base + f->entry;
	int site = table_find(entry);
	const void *have = (const void *)entry;

	if (site >= 0) {
		const struct plan_func *g = table_sites[site].func;

		/* Our own jump may be there: compare with what was below it,
		 * and the way it was taken away must be the same. */
		if (g->jump_at != f->jump_at || g->length != f->length ||
		    g->orig_size < f->jump_at + f->length)
			return error_set(err, OPUS_INVALID,
				"%s: displaces other bytes than the patch before it",
				name);
		have = table_sites[site].original;
	}
	if (memcmp(have, want, site >= 0 ? f->jump_at + f->length : f->orig_size) != 0)
		return error_set(err, OPUS_BYTES_DIFFER,
			"%s: the code in memory is not that of %s: another tool has changed it",
			name, plan_string(&p->plan,
					  p->plan.target_records[f->target].name));
	return OPUS_OK;
}

static int func_compare(const void *a, const void *b)
{
	const struct plan_func *const *x = a, *const *y = b;

	if ((*x)->target != (*y)->target)
		return (*x)->target < (*y)->target ? -1 : 1;
	return (*x)->entry < (*y)->entry ? -1 : (*x)->entry > (*y)->entry;
}

static enum opus_code twice_check(const struct plan *plan, struct opus_error *err)
{
	const struct plan_func **list CLEANUP(cleanup_free) =
		calloc(plan->func_count, sizeof(*list));

	if (!list)
		return error_set(err, OPUS_RESOURCE, "no memory for %u functions",
				 plan->func_count);
	for (uint32_t i = 0; i < plan->func_count; i++)
		list[i] = &plan->func_records[i];
	qsort(list, plan->func_count, sizeof(*list), func_compare);
	for (uint32_t i = 1; i < plan->func_count; i++)
		if (func_compare(&list[i - 1], &list[i]) == 0)
			return error_set(err, OPUS_INVALID, "%s is replaced twice",
					 plan_string(plan, list[i]->name));
	return OPUS_OK;
}

enum opus_code patch_check_targets(struct patch *p, struct opus_error *err)
{
	const struct plan *plan = &p->plan;
	enum opus_code code;

	for (uint32_t i = 0; i < plan->target_count; i++) {
		code = target_find(p, i, err);
		if (code != OPUS_OK)
			return code;
	}
	if (plan->func_count == 0)
		return error_set(err, OPUS_INVALID, "it replaces no function");
	for (uint32_t i = 0; i < plan->func_count; i++) {
		const struct plan_func *f = &plan->func_records[i];
		const struct plan_target *t = &plan->target_records[f->target];
		const char *name = plan_string(plan, f->name);
		const struct object *o = object_by_build_id(
			plan_bytes(plan, t->build_id), t->build_id_size);

		code = layout_check(plan, f, name, err);
		if (code == OPUS_OK)
			code = ranges_check(p, f, o, name, err);
		if (code == OPUS_OK)
			code = bytes_check(p, f, o, name, err);
		if (code != OPUS_OK)
			return code;
	}
	return twice_check(plan, err);
}

static enum opus_code symbol_check(const struct patch *p, const struct object *o,
				   const char *name, uint64_t offset,
				   struct opus_error *err)
{
	void *found = dlsym(p->handle, name);

	if (!found || (uintptr_t)found != p->base + offset ||
	    !object_covers(o, (uintptr_t)found, 1, PF_X))
		return error_set(err, OPUS_INVALID,
			"its symbol %s is not where the plan says", name);
	return OPUS_OK;
}

enum opus_code patch_check_loaded(struct patch *p, const struct object *o,
				  struct opus_error *err)
{
	const struct plan *plan = &p->plan;
	enum opus_code code = OPUS_OK;

	for (uint32_t i = 0; i < plan->func_count && code == OPUS_OK; i++)
		code = symbol_check(p, o,
				    plan_string(plan, plan->func_records[i].symbol),
				    plan->func_records[i].offset, err);
	for (uint32_t i = 0; i < plan->hook_count && code == OPUS_OK; i++)
		code = symbol_check(p, o,
				    plan_string(plan, plan->hook_records[i].symbol),
				    plan->hook_records[i].offset, err);
	return code;
}

/* Its number among the modules that have thread-local data; the linker gives it
 * out, and __tls_get_addr() finds each thread's block by it. */
static enum opus_code tls_module(const struct object *o, void *handle,
				 const char *name, uintptr_t *ret,
				 struct opus_error *err)
{
	size_t module = 0;

	if (!handle || dlinfo(handle, RTLD_DI_TLS_MODID, &module) != 0 || module == 0)
		return error_set(err, OPUS_NO_MATCH,
				 "reference to %s: %s has no thread-local data here",
				 name, o->path[0] ? o->path : "the program");
	*ret = module;
	return OPUS_OK;
}

/* Has the definition there a version? */
static bool is_versioned(const void *found)
{
	const Elf64_Half *version = NULL;
	const Elf64_Sym *first = NULL, *symbol = NULL;
	struct link_map *map = NULL;
	Dl_info info;

	if (!dladdr1(found, &info, (void **)&map, RTLD_DL_LINKMAP) ||
	    !dladdr1(found, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
		return true;
	for (const Elf64_Dyn *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_SYMTAB)
			first = (const void *)d->d_un.d_ptr;
		if (d->d_tag == DT_VERSYM)
			version = (const void *)d->d_un.d_ptr;
	}
	/* The loader has put addresses there, but not in the kernel's vdso(7), which
	 * cannot be written and has versions. */
	if ((uintptr_t)first < map->l_addr || (uintptr_t)version < map->l_addr)
		return version != NULL;
	return version && (version[symbol - first] & 0x7fff) > VER_NDX_GLOBAL;
}

/* The dynamic linker takes a definition without a version, such as jemalloc's
 * malloc(), for any that is asked for; dlvsym(3) does not. Where both find the same
 * there is nothing to be chosen: libc's time() is a function of the kernel's. */
static void *global_find(const char *name, const char *version)
{
	void *found = dlsym(RTLD_DEFAULT, name), *exact;

	if (!version[0])
		return found;
	exact = dlvsym(RTLD_DEFAULT, name, version);
	return found && found != exact && !is_versioned(found) ? found : exact;
}

static enum opus_code ref_value(const struct patch *p, const struct plan_ref *r,
				uintptr_t *ret, struct opus_error *err)
{
	const struct plan *plan = &p->plan;
	const char *name = plan_string(plan, r->name);
	const char *version = plan_string(plan, r->version);
	const struct plan_target *t = &plan->target_records[r->target];
	const struct object *o = object_by_build_id(plan_bytes(plan, t->build_id),
						    t->build_id_size);
	void *handle, *found;

	if (!o)
		return error_set(err, OPUS_NO_MATCH, "%s is not loaded any more",
				 plan_string(plan, t->name));
	if (r->kind == PLAN_REF_OBJECT) {
		if (!object_covers(o, o->base + r->value, 1, 0))
			return error_set(err, OPUS_INVALID,
					 "reference to %s: outside of %s", name,
					 plan_string(plan, t->name));
		*ret = o->base + r->value + r->addend;
		return OPUS_OK;
	}
	if (r->kind == PLAN_REF_TLS_MODULE)
		return tls_module(o, p->held[r->target], name, ret, err);
	if (r->kind == PLAN_REF_TLS_OFFSET) {
		*ret = r->value + r->addend;
		return OPUS_OK;
	}
	/* As the dynamic linker does for the target: first the global scope,
	 * where a program may hold the library's own variable (a copy
	 * relocation), then the target's, for a module opened with RTLD_LOCAL. What it
	 * calls by a name that nobody can take over is its own. */
	found = r->kind == PLAN_REF_SYMBOL ? global_find(name, version) : NULL;
	handle = found ? NULL : p->held[r->target];
	if (handle)
		found = version[0] ? dlvsym(handle, name, version)
				   : dlsym(handle, name);
	if (!found)
		return error_set(err, OPUS_NO_MATCH,
				 "the process has no symbol %s%s%s", name,
				 version[0] ? "@" : "", version);
	*ret = (uintptr_t)found + r->addend;
	return OPUS_OK;
}

enum opus_code patch_fill_refs(struct patch *p, struct opus_error *err)
{
	const struct object *own = object_by_address(p->code_start);

	for (uint32_t i = 0; i < p->plan.ref_count; i++) {
		const struct plan_ref *r = &p->plan.ref_records[i];
		uintptr_t place = p->base + r->place, value = 0;
		enum opus_code code;

		if (!own || !object_covers(own, place, sizeof(value), PF_W))
			return error_set(err, OPUS_INVALID,
				"reference to %s: its place is not in the patch's data",
				plan_string(&p->plan, r->name));
		code = ref_value(p, r, &value, err);
		if (code != OPUS_OK)
			return code;
		memcpy((void *)place, &value, sizeof(value));
	}
	return OPUS_OK;
}
