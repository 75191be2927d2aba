/*
 * build_apply.c - apply a patch to this very process, the simplest way.
 *
 * Linked into: the targets that build_run_test.c makes; not a test by itself.
 * Runs on:     the only thread of the target.
 * Locks:       the loader's.
 * Signal:      unsafe.
 *
 * What the agent does with care is done here in forty lines, so that a plan can
 * be tried without one: fill the references, write the moved instructions near
 * the target, write jumps. apply_old() gives the old function back, through its
 * moved instructions.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "build_apply.h"
#include "common/plan.h"

#define AREA 65536
#define STRIDE 128

static struct plan plan;
static uintptr_t patch_base, target_base[16], tls_module[16];
static uint8_t *areas[16]; /* per target */

static void die(const char *what)
{
	fprintf(stderr, "apply: %s\n", what);
	exit(3);
}

/* The build-id note of a loaded object, held against the plan's. */
static int target_look(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		const uint8_t *at = (void *)(info->dlpi_addr + ph->p_vaddr);
		const uint8_t *end = at + ph->p_memsz;

		while (ph->p_type == PT_NOTE && at + 12 <= end) {
			const uint32_t *n = (const void *)at;
			const uint8_t *id = at + 12 + ((n[0] + 3) & ~3u);

			for (uint32_t k = 0; k < plan.target_count && n[2] == 3; k++) {
				const struct plan_target *t = &plan.target_records[k];

				if (n[1] == t->build_id_size &&
				    memcmp(id, plan_bytes(&plan, t->build_id), n[1]) == 0) {
					target_base[k] = info->dlpi_addr + 1;
					tls_module[k] = info->dlpi_tls_modid;
				}
			}
			at = id + ((n[1] + 3) & ~3u);
		}
	}
	return 0;
}

static uintptr_t base_of(uint32_t target)
{
	if (!target_base[target])
		die("a target is not loaded");
	return target_base[target] - 1;
}

/* Room within reach of a 32-bit displacement. */
static uint8_t *area_make(uintptr_t near)
{
	for (uintptr_t at = (near & ~0xfffful) + 0x1000000;
	     at < near + 0x70000000; at += 0x100000) {
		void *p = mmap((void *)at, AREA, PROT_READ | PROT_WRITE | PROT_EXEC,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			       -1, 0);

		if (p == (void *)at)
			return p;
	}
	die("no room near the target");
	return NULL;
}

static uint8_t *area_of(uint32_t target)
{
	if (!areas[target])
		areas[target] = area_make(base_of(target));
	return areas[target];
}

static void put32(uint8_t *at, uintptr_t from, uintptr_t to)
{
	int32_t distance = (int32_t)(to - from);

	memcpy(at, &distance, 4);
}

static uintptr_t own_symbol(uint32_t target, const char *name, const char *version)
{
	void *handle = NULL;
	Dl_info info;

	if (dladdr((void *)(base_of(target) + 64), &info))
		handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (!handle)
		die("no handle of a target");
	return (uintptr_t)(*version ? dlvsym(handle, name, version)
				    : dlsym(handle, name));
}

static void refs_fill(void)
{
	for (uint32_t i = 0; i < plan.ref_count; i++) {
		const struct plan_ref *r = &plan.ref_records[i];
		const char *name = plan_string(&plan, r->name);
		const char *version = plan_string(&plan, r->version);
		uintptr_t value = r->value;

		if (r->kind == PLAN_REF_OBJECT)
			value += base_of(r->target);
		else if (r->kind == PLAN_REF_TLS_MODULE)
			value = tls_module[r->target];
		else if (r->kind == PLAN_REF_SYMBOL)
			value = (uintptr_t)(*version
				? dlvsym(RTLD_DEFAULT, name, version)
				: dlsym(RTLD_DEFAULT, name));
		/* A module that was opened with RTLD_LOCAL is looked into behind all. */
		if (r->kind == PLAN_REF_OWN_SYMBOL ||
		    (r->kind == PLAN_REF_SYMBOL && !value))
			value = own_symbol(r->target, name, version);
		if (!value && r->kind != PLAN_REF_TLS_OFFSET)
			die(name);
		*(uintptr_t *)(patch_base + r->place) = value + r->addend;
	}
}

static void func_apply(uint32_t index)
{
	const struct plan_func *f = &plan.func_records[index];
	uint8_t *entry = (uint8_t *)base_of(f->target) + f->entry;
	uint8_t *area = area_of(f->target);
	uint8_t *moved = area + 4096 + index * STRIDE;
	uint8_t *jump = entry + f->jump_at;
	uintptr_t *slot = (uintptr_t *)area + index;
	uintptr_t page = (uintptr_t)entry & ~4095ul;

	if (memcmp(entry, plan_bytes(&plan, f->orig), f->orig_size) != 0)
		die("original bytes differ");
	memcpy(moved, plan_bytes(&plan, f->moved), f->moved_size);
	for (uint32_t i = 0; i < f->fixups; i++) {
		const struct plan_fixup *x = &plan.fixup_records[f->fixup + i];

		put32(moved + x->at, (uintptr_t)moved + x->from,
		      base_of(f->target) + x->to);
	}
	moved[f->moved_size] = 0xe9;
	put32(moved + f->moved_size + 1, (uintptr_t)moved + f->moved_size + 5,
	      (uintptr_t)jump + f->length);
	*slot = patch_base + f->offset;
	if (mprotect((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC) != 0 &&
	    mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
		die("mprotect");
	if (f->length >= PLAN_JUMP_SIZE) {
		jump[0] = 0xff;
		jump[1] = 0x25;
		put32(jump + 2, (uintptr_t)jump + 6, (uintptr_t)slot);
	} else {
		uint8_t *relay = moved + STRIDE - 16;

		relay[0] = 0xff;
		relay[1] = 0x25;
		put32(relay + 2, (uintptr_t)relay + 6, (uintptr_t)slot);
		jump[0] = 0xe9;
		put32(jump + 1, (uintptr_t)jump + 5, (uintptr_t)relay);
	}
}

void *apply_old(const char *name)
{
	for (uint32_t i = 0; i < plan.func_count; i++)
		if (strcmp(plan_string(&plan, plan.func_records[i].name), name) == 0)
			return area_of(plan.func_records[i].target) + 4096 + i * STRIDE;
	die("no such function in the plan");
	return NULL;
}

void *apply_hook(const char *name)
{
	for (uint32_t i = 0; i < plan.hook_count; i++)
		if (strcmp(plan_string(&plan, plan.hook_records[i].symbol), name) == 0)
			return (void *)(patch_base + plan.hook_records[i].offset);
	die("no such hook in the plan");
	return NULL;
}

void apply(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	struct link_map *map;
	struct opus_error err;
	struct stat st;
	void *file;

	if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
		die(dlerror());
	if (fd < 0 || fstat(fd, &st) != 0)
		die("cannot open the patch");
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (plan_open(file, (size_t)st.st_size, &plan, &err) != OPUS_OK)
		die(err.text);
	patch_base = map->l_addr;
	dl_iterate_phdr(target_look, NULL);
	refs_fill();
	for (uint32_t i = 0; i < plan.func_count; i++)
		func_apply(i);
}
