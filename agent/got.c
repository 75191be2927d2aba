/*
 * got.c - put the agent's functions where loaded objects have libc's.
 *
 * Called by:  agent.c and update.c; the host, in place of dlsym(3).
 * Runs on:    constructor, agent thread, any thread in dlsym().
 * Locks:      the loader's for its list of objects, by dl_iterate_phdr(3):
 *             nothing is unloaded meanwhile, and two that take do so in turn.
 * Signal:     unsafe: loader.
 *
 * A preloaded agent stands before libc in every search for a symbol. One that
 * comes late finds the searches done, their results in the tables of the
 * objects, and replaces these:
 *
 *     object   call *poll@GOTPCREL(%rip)          in .got, or .data by R_64
 *                        │
 *                        ├──── before ────▶ poll in libc
 *                        └──── after ─────▶ poll in the agent ──▶ in libc
 *
 * Threads run meanwhile. A slot is one aligned word, exchanged only if it still
 * leads to libc: a call goes to the one or the other, and what has another
 * definition (the program's own, a preloaded library's) keeps it. A thread that
 * is inside libc's function comes back from it as ever.
 *
 * Slots that are not bound yet are taken by name, unless some object defines
 * that name itself. The thread that binds one just then may write libc's
 * address over ours; the next update looks again.
 */
#include "got.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "agent.h"
#include "arch/x86_64/raw.h"
#include "fork.h"

#define PAGE 4096ul
#define FUNCTIONS 160

struct got_function {
	const char *name;
	uint32_t hash;
	bool elsewhere; /* an object other than libc defines it */
	uintptr_t ours, libc; /* libc: 0 for what is the agent's alone (safe.h) */
};

/* Written by got_init(), but for `elsewhere`: under the loader's lock. */
static struct got_function functions[FUNCTIONS]; /* by libc's address */
static size_t function_count;

/* An object as its dynamic section tells of it; addresses, 0: not there. */
struct elf {
	uintptr_t base, low, high;
	uintptr_t relro, relro_end; /* whole pages */
	const Elf64_Sym *symbols;
	const char *strings;
	const uint32_t *hash;
	const Elf64_Rela *data, *calls;
	size_t data_size, calls_size;
};

struct got_count {
	uint32_t taken, objects;
	uint32_t refused; /* in memory that cannot be made writable */
	unsigned long long adds;
};

/* libc's: the host may have one of its own, which calls dlsym() in turn. */
typedef int visitor(struct dl_phdr_info *, size_t, void *);
static int (*real_iterate)(visitor *, void *);

/* --- objects --- */

static uintptr_t dynamic_address(const struct elf *e, uint64_t value)
{
	/* The loader adds the base in place, if the section can be written. */
	return value < e->base ? e->base + value : value;
}

static void dynamic_read(struct elf *e, const Elf64_Dyn *d)
{
	for (; d->d_tag != DT_NULL; d++) {
		uintptr_t at = dynamic_address(e, d->d_un.d_ptr);

		switch (d->d_tag) {
		case DT_SYMTAB: e->symbols = (const void *)at; break;
		case DT_STRTAB: e->strings = (const void *)at; break;
		case DT_GNU_HASH: e->hash = (const void *)at; break;
		case DT_RELA: e->data = (const void *)at; break;
		case DT_RELASZ: e->data_size = d->d_un.d_val; break;
		case DT_JMPREL: e->calls = (const void *)at; break;
		case DT_PLTRELSZ: e->calls_size = d->d_un.d_val; break;
		}
	}
}

/* False for one without symbols, as the kernel's (vdso(7)). */
static bool elf_read(const struct dl_phdr_info *info, struct elf *ret)
{
	const Elf64_Dyn *dynamic = NULL;

	*ret = (struct elf){.base = info->dlpi_addr, .low = UINTPTR_MAX};
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *p = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_DYNAMIC)
			dynamic = (const void *)at;
		if (p->p_type == PT_GNU_RELRO) {
			ret->relro = at & -PAGE;
			ret->relro_end = (at + p->p_memsz) & -PAGE;
		}
		if (p->p_type != PT_LOAD)
			continue;
		ret->low = at < ret->low ? at : ret->low;
		if (at + p->p_memsz > ret->high)
			ret->high = at + p->p_memsz;
	}
	if (!dynamic || ret->low == getauxval(AT_SYSINFO_EHDR))
		return false;
	dynamic_read(ret, dynamic);
	return ret->symbols && ret->strings;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (uint8_t)*name;
	return h;
}

/* Does it define `name`? As in glibc's elf/dl-lookup.c. */
static bool elf_defines(const struct elf *e, const char *name, uint32_t hash)
{
	const uint32_t *h = e->hash, *buckets, *chain;
	const uint64_t *bloom = (const void *)(h + 4);
	uint64_t word = bloom[hash / 64 % h[2]];
	uint32_t i;

	if (!(word >> (hash % 64) & word >> ((hash >> h[3]) % 64) & 1))
		return false;
	buckets = (const void *)(bloom + h[2]);
	chain = buckets + h[0];
	i = buckets[hash % h[0]];
	if (i == 0)
		return false;
	for (;; i++) {
		uint32_t found = chain[i - h[1]];

		if ((found | 1) == (hash | 1) &&
		    e->symbols[i].st_shndx != SHN_UNDEF &&
		    strcmp(e->strings + e->symbols[i].st_name, name) == 0)
			return true;
		if (found & 1)
			return false;
	}
}

static bool contains(const struct elf *e, uintptr_t address)
{
	return address >= e->low && address < e->high;
}

/* libc, the loader and the agent itself stay as they are. */
static bool is_left_alone(const struct elf *e)
{
	return contains(e, functions[function_count - 1].libc) ||
	       contains(e, getauxval(AT_BASE)) ||
	       contains(e, (uintptr_t)&got_take);
}

static int names_look(struct dl_phdr_info *info, size_t size, void *data)
{
	struct elf e;

	(void)size;
	(void)data;
	if (!elf_read(info, &e) || is_left_alone(&e))
		return 0;
	for (size_t i = 0; i < function_count; i++) {
		struct got_function *f = &functions[i];

		/* What cannot be looked up may define anything. */
		f->elsewhere |= !e.hash || elf_defines(&e, f->name, f->hash);
	}
	return 0;
}

/* --- slots --- */

static const struct got_function *by_address(uintptr_t libc)
{
	size_t low = 0, high = function_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (functions[middle].libc == libc)
			return &functions[middle];
		if (functions[middle].libc < libc)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static const struct got_function *by_name(const char *name)
{
	uint32_t hash = gnu_hash(name);

	for (size_t i = 0; i < function_count; i++)
		if (functions[i].hash == hash && !functions[i].elsewhere &&
		    strcmp(functions[i].name, name) == 0)
			return &functions[i];
	return NULL;
}

/* One pass over the slots of an object. */
struct got_walk {
	const struct elf *e;
	const char *only; /* take slots of this name; NULL: those of the agent */
	uintptr_t to;     /* where they are to lead */
	bool relro;       /* those that the loader protects, or all others */
	bool write;       /* or only count them */
	uint32_t count;
};

static uintptr_t ours_of(const struct got_function *f)
{
	return f ? f->ours : 0;
}

/* Where the slot of `r` is to lead; 0: where it does. */
static uintptr_t slot_target(const struct got_walk *w, const Elf64_Rela *r,
			     uintptr_t value)
{
	const Elf64_Sym *symbol = &w->e->symbols[ELF64_R_SYM(r->r_info)];
	const char *name = w->e->strings + symbol->st_name;
	uint32_t type = ELF64_R_TYPE(r->r_info);

	if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT &&
	    type != R_X86_64_64)
		return 0;
	if (w->only)
		return strcmp(name, w->only) == 0 ? w->to : 0;
	/* Not bound yet: it leads back into its own object. Or not found at the
	 * start, which weak symbols may be. */
	if (type == R_X86_64_JUMP_SLOT ? contains(w->e, value) : value == 0)
		return symbol->st_shndx == SHN_UNDEF ? ours_of(by_name(name)) : 0;
	return ours_of(by_address(value));
}

static void slots_walk(struct got_walk *w, const Elf64_Rela *r, size_t size)
{
	const struct elf *e = w->e;

	for (size_t i = 0; r && i < size / sizeof(*r); i++) {
		uintptr_t at = e->base + r[i].r_offset, value, to;

		if ((at >= e->relro && at < e->relro_end) != w->relro ||
		    at % sizeof(value) != 0 || !contains(e, at))
			continue;
		value = *(const volatile uintptr_t *)at;
		to = slot_target(w, &r[i], value);
		if (to && (!w->write ||
			   __atomic_compare_exchange_n((uintptr_t *)at, &value,
						       to, false,
						       __ATOMIC_SEQ_CST,
						       __ATOMIC_SEQ_CST)))
			w->count++;
	}
}

static uint32_t walk(struct got_walk *w, bool relro, bool write)
{
	w->relro = relro;
	w->write = write;
	w->count = 0;
	slots_walk(w, w->e->calls, w->e->calls_size);
	slots_walk(w, w->e->data, w->e->data_size);
	return w->count;
}

/* Adds 0 to a word as the kernel does it for futexes: fails where the memory may
 * not be written, and else changes nothing, also if another writes just now. Any
 * other answer, of a filter perhaps, is no leave to change protections. */
static bool is_writable(uintptr_t address)
{
	return raw_syscall6(SYS_futex, (long)address,
			    FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0,
			    (long)address,
			    FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0)) !=
	       -EFAULT;
}

/*
 * Pages that the loader has protected. It does so last of all: pages that are
 * writable still are being filled by another thread, under whose hands they must
 * not be protected. mprotect(2) rather than /proc/self/mem, which would copy
 * byte by byte before the eyes of the others.
 */
static void relro_take(struct got_walk *w, struct got_count *n)
{
	const struct elf *e = w->e;
	size_t size = e->relro_end - e->relro;
	uint32_t count = e->relro ? walk(w, true, false) : 0;

	if (count == 0)
		return;
	if (is_writable(e->relro) ||
	    mprotect((void *)e->relro, size, PROT_READ | PROT_WRITE) != 0) {
		n->refused += count;
		return;
	}
	n->taken += walk(w, true, true);
	mprotect((void *)e->relro, size, PROT_READ);
}

static void slots_take(struct got_walk *w, struct got_count *n)
{
	uint32_t before = n->taken;

	n->taken += walk(w, false, true);
	relro_take(w, n);
	n->objects += n->taken != before;
}

static int object_take(struct dl_phdr_info *info, size_t size, void *data)
{
	struct got_count *n = data;
	struct elf e;
	struct got_walk w = {.e = &e};

	(void)size;
	n->adds = info->dlpi_adds;
	if (elf_read(info, &e) && !is_left_alone(&e))
		slots_take(&w, n);
	return 0;
}

/* --- one name in one object --- */

struct got_redirect {
	uintptr_t inside;
	const char *name;
	uintptr_t to;
	struct got_count n;
};

static int object_redirect(struct dl_phdr_info *info, size_t size, void *data)
{
	struct got_redirect *r = data;
	struct elf e;
	struct got_walk w = {.e = &e, .only = r->name, .to = r->to};

	(void)size;
	if (!elf_read(info, &e) || !contains(&e, r->inside))
		return 0;
	slots_take(&w, &r->n);
	return 1;
}

bool got_redirect(const void *inside, const char *name, const void *to)
{
	struct got_redirect r = {(uintptr_t)inside, name, (uintptr_t)to, {0}};

	return dl_iterate_phdr(object_redirect, &r) && r.n.refused == 0;
}

/* --- when --- */

static _Atomic unsigned long long adds_seen; /* objects loaded, at the last look */

static struct got_count take(void)
{
	struct got_count n = {0};

	if (function_count == 0)
		return n;
	real_iterate(names_look, NULL);
	real_iterate(object_take, &n);
	atomic_store(&adds_seen, n.adds);
	return n;
}

void got_take(void)
{
	struct got_count n;

	fork_hold();
	n = take();
	fork_let();
	if (n.taken || n.refused)
		log_line("the agent has %u entr%s of %u object%s now%s", n.taken,
			 n.taken == 1 ? "y" : "ies", n.objects,
			 n.objects == 1 ? "" : "s",
			 n.refused ? "; some cannot be written" : "");
}

static int adds_changed(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	return info->dlpi_adds != atomic_load(&adds_seen);
}

static void *(*real_dlvsym)(void *, const char *, const char *);

void got_look(void)
{
	if (agent_usable() && real_iterate && real_iterate(adds_changed, NULL))
		take();
}

/* As dlsym() in library.c: a jump, too. */
__attribute__((optimize("O2"), noinline))
static void *late_dlvsym(void *handle, const char *name, const char *version)
{
	got_look();
	return real_dlvsym(handle, name, version);
}

/* --- set-up --- */

/* By insertion: qsort(3) would ask for the size of the memory, with a system call
 * that a filter may kill for. */
static void function_add(const char *name, uintptr_t ours)
{
	uintptr_t libc = (uintptr_t)dlsym(RTLD_NEXT, name);
	size_t i = function_count;

	if (i == FUNCTIONS)
		return;
	if (libc == ours)
		libc = 0;
	for (; i > 0 && functions[i - 1].libc > libc; i--)
		functions[i] = functions[i - 1];
	functions[i] = (struct got_function){.name = name, .ours = ours,
					     .hash = gnu_hash(name), .libc = libc};
	function_count++;
}

static int self_read(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	return elf_read(info, data) && contains(data, (uintptr_t)&got_take);
}

/* What the agent exports is what it takes over. Its table of hashes has all
 * that, from the first symbol it is about to the end of the last chain. */
static void exports_add(const struct elf *e)
{
	const uint32_t *h = e->hash, *buckets = h + 4 + 2 * h[2];
	const uint32_t *chain = buckets + h[0];
	uint32_t last = 0;

	for (uint32_t i = 0; i < h[0]; i++)
		last = buckets[i] > last ? buckets[i] : last;
	while (!(chain[last - h[1]] & 1))
		last++;
	for (uint32_t i = h[1]; i <= last; i++)
		if (ELF64_ST_TYPE(e->symbols[i].st_info) == STT_FUNC)
			function_add(e->strings + e->symbols[i].st_name,
				     e->base + e->symbols[i].st_value);
}

void got_init(void)
{
	int (*iterate)(int (*)(struct dl_phdr_info *, size_t, void *), void *);
	struct elf self;

	*(void **)&iterate = dlsym(RTLD_NEXT, "dl_iterate_phdr");
	*(void **)&real_dlvsym = dlsym(RTLD_NEXT, "dlvsym");
	if (!iterate || !real_dlvsym || !iterate(self_read, &self) || !self.hash)
		return;
	exports_add(&self);
	function_add("dlvsym", (uintptr_t)late_dlvsym);
	real_iterate = iterate; /* got_look() has something to look for now */
}
