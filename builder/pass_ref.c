/*
 * pass_ref.c - the references of the patch into its targets.
 *
 * Called by:  build.c.  Needs image, replace, ref_note, facts; leaves ref, and
 *             weak symbols in image where the agent fills in the address.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Every reference that leaves the patch is a dynamic relocation, by -fPIC
 * -fno-plt. Each one is either the agent's (it is about something of a target)
 * or the dynamic linker's (libc and what the patch brings along). A symbol of
 * the agent's kind is made weak: the linker puts 0 there and is content, then
 * the agent puts in what the plan says.
 */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "common/cleanup.h"
#include "image.h"
#include "symbol.h"

struct refs {
	struct build *b;
	struct image image;
	struct image_symbols symbols;
	struct found_symbol *found; /* per dynamic symbol */
	bool *resolved;             /* ... is `found` and `ours` known? */
	bool *ours;                 /* ... does the agent fill it in? */
};

static bool place_writable(const struct image *i, uint64_t place)
{
	const Elf64_Phdr *ph = (void *)(i->data + i->header->e_phoff);

	for (unsigned int n = 0; n < i->header->e_phnum; n++)
		if (ph[n].p_type == PT_LOAD && (ph[n].p_flags & PF_W) &&
		    place >= ph[n].p_vaddr && ph[n].p_memsz >= 8 &&
		    place - ph[n].p_vaddr <= ph[n].p_memsz - 8)
			return true;
	return false;
}

static enum opus_code ref_add(struct refs *r, const Elf64_Rela *rela, size_t index,
			      struct opus_error *err)
{
	struct build *b = r->b;
	const struct found_symbol *f = &r->found[index];
	struct build_ref *grown;
	bool addend = ELF64_R_TYPE(rela->r_info) == R_X86_64_64 ||
		      ELF64_R_TYPE(rela->r_info) == R_X86_64_DTPOFF64;

	if (!place_writable(&r->image, rela->r_offset))
		return error_set(err, OPUS_INVALID,
				 "the reference to %s lies in memory that is not writable",
				 f->name);
	grown = build_grow(b->ref, b->refs, sizeof(*grown));
	if (!grown)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	b->ref = grown;
	grown[b->refs++] = (struct build_ref){
		.place = rela->r_offset,
		.addend = addend ? (uint64_t)rela->r_addend : 0,
		.kind = f->kind,
		.target = f->target,
		.value = f->kind == PLAN_REF_TLS_MODULE ? 0 : f->value,
		.name = f->name,
		.version = f->version,
	};
	return OPUS_OK;
}

/* What symbol `index` of the patch means, looked up once. */
static enum opus_code symbol_know(struct refs *r, size_t index,
				  struct opus_error *err)
{
	Elf64_Sym *s = &r->symbols.symbol[index];
	const char *name = image_symbol_name(&r->symbols, s);
	size_t prefix = strlen(RENAME_PREFIX);
	struct patch_symbol p = {
		.name = strncmp(name, RENAME_PREFIX, prefix) == 0 ? name + prefix : name,
		.defined = s->st_shndx != SHN_UNDEF,
		.weak = ELF64_ST_BIND(s->st_info) == STB_WEAK,
		.linked = symbol_is_linked(&r->image, index),
	};
	enum opus_code code;

	if (r->resolved[index])
		return OPUS_OK;
	r->resolved[index] = true;
	code = symbol_resolve(r->b, &p, &r->ours[index], &r->found[index], err);
	if (code == OPUS_OK && r->ours[index] && !p.defined)
		s->st_info = ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(s->st_info));
	return code;
}

/* A thread-local variable of a target: a pair of words for __tls_get_addr(), the
 * module and the place. Only a module of which the plan speaks has a number. */
static enum opus_code tls_add(struct refs *r, const Elf64_Rela *rela, size_t index,
			      struct opus_error *err)
{
	struct found_symbol *f = &r->found[index];
	bool module = ELF64_R_TYPE(rela->r_info) == R_X86_64_DTPMOD64;

	if (!f->name) /* refused */
		return OPUS_OK;
	if (!f->tls) {
		if (module)
			build_tell(r->b, TOPIC_THREAD_LOCAL, NULL, f->name,
				     "if a library has it, give that as a --target, too",
				     "is thread-local in the patch, and no such variable of a target");
		return OPUS_OK;
	}
	f->kind = module ? PLAN_REF_TLS_MODULE : PLAN_REF_TLS_OFFSET;
	return ref_add(r, rela, index, err);
}

static enum opus_code reloc_read(struct refs *r, const Elf64_Rela *rela,
				 struct opus_error *err)
{
	size_t index = ELF64_R_SYM(rela->r_info);
	const Elf64_Sym *s = &r->symbols.symbol[index];
	enum opus_code code;

	if (index == 0)
		return OPUS_OK; /* inside the patch */
	if (index >= r->symbols.count)
		return error_set(err, OPUS_INVALID, "bad relocation in the patch");
	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_GLOB_DAT:
	case R_X86_64_JUMP_SLOT:
	case R_X86_64_64:
		code = symbol_know(r, index, err);
		if (code == OPUS_OK && r->ours[index] && r->found[index].tls) {
			build_tell(r->b, TOPIC_THREAD_LOCAL, NULL, r->found[index].name,
				     "declare it with __thread",
				     "is a thread-local variable of the target, and an ordinary one in the patch");
			return OPUS_OK;
		}
		return code == OPUS_OK && r->ours[index]
			       ? ref_add(r, rela, index, err)
			       : code;
	case R_X86_64_DTPMOD64:
	case R_X86_64_DTPOFF64:
		/* What C++ has once in a program is defined here, too. */
		code = s->st_shndx == SHN_UNDEF || ELF64_ST_BIND(s->st_info) != STB_GLOBAL
			       ? symbol_know(r, index, err)
			       : OPUS_OK;
		return code == OPUS_OK && r->ours[index] ? tls_add(r, rela, index, err)
							 : code;
	case R_X86_64_TPOFF64:
	case R_X86_64_TLSDESC:
		if (s->st_shndx == SHN_UNDEF && !r->resolved[index])
			build_tell(r->b, TOPIC_THREAD_LOCAL, NULL, image_symbol_name(&r->symbols, s),
				     "compile with -ftls-model=global-dynamic and without -mtls-dialect=gnu2",
				     "is a thread-local variable of the target, and the code looks for it in another way than __tls_get_addr()");
		r->resolved[index] |= s->st_shndx == SHN_UNDEF;
		return OPUS_OK;
	default:
		return error_set(err, OPUS_INVALID,
				 "relocation %u against %s cannot be filled in by the agent: compile without options that change -fPIC",
				 (unsigned int)ELF64_R_TYPE(rela->r_info),
				 image_symbol_name(&r->symbols, s));
	}
}

static enum opus_code relocs_read(struct refs *r, struct opus_error *err)
{
	for (unsigned int i = 0; i < r->image.header->e_shnum; i++) {
		const Elf64_Shdr *s = &r->image.section[i];
		const Elf64_Rela *rela = (void *)image_section_data(&r->image, s);

		if (s->sh_type != SHT_RELA || !(s->sh_flags & SHF_ALLOC))
			continue;
		for (size_t n = 0; n < s->sh_size / sizeof(*rela); n++) {
			enum opus_code code = reloc_read(r, &rela[n], err);

			if (code != OPUS_OK)
				return code;
		}
	}
	return OPUS_OK;
}

enum opus_code pass_ref(struct build *b, struct opus_error *err)
{
	struct refs r = {.b = b};
	CLEANUP(cleanup_free) struct found_symbol *found = NULL;
	CLEANUP(cleanup_free) bool *flags = NULL;
	enum opus_code code = image_init(&r.image, b->image, b->image_size, err);

	if (code != OPUS_OK)
		return code;
	r.symbols = image_symbols(&r.image, SHT_DYNSYM);
	found = calloc(r.symbols.count + 1, sizeof(*found));
	flags = calloc(2 * r.symbols.count + 1, sizeof(*flags));
	if (!found || !flags)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	r.found = found;
	r.resolved = flags;
	r.ours = flags + r.symbols.count;
	code = relocs_read(&r, err);
	/* With all of them reported, there is nothing to write. */
	if (code == OPUS_OK && b->reports.refused)
		code = error_set(err, OPUS_INVALID, "refused");
	return code;
}
