/*
 * object.c - open a target and find bytes, frames and symbols by address.
 *
 * Called by:  pass_target.c; all passes that look at a target.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "object.h"
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t object_build_id(Elf *elf, uint8_t ret[OBJECT_BUILD_ID])
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;
		Elf_Data *data;
		GElf_Nhdr note;
		size_t at = 0, next, name, desc;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(scn, NULL);
		while (data && (next = gelf_getnote(data, at, &note, &name, &desc))) {
			if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
			    memcmp((char *)data->d_buf + name, "GNU", 4) == 0 &&
			    note.n_descsz > 0 && note.n_descsz <= OBJECT_BUILD_ID) {
				memcpy(ret, (char *)data->d_buf + desc,
				       note.n_descsz);
				return note.n_descsz;
			}
			at = next;
		}
	}
	return 0;
}

/* GNU_PROPERTY_X86_FEATURE_1_AND with the IBT bit in .note.gnu.property. */
static bool object_has_cet(Elf *elf)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;
		Elf_Data *data;
		const uint32_t *w;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(scn, NULL);
		if (!data || data->d_size < 28)
			continue;
		w = data->d_buf; /* namesz descsz type "GNU" type size bits */
		if (w[2] == NT_GNU_PROPERTY_TYPE_0)
			for (size_t i = 4; i + 2 < data->d_size / 4; i++)
				if (w[i] == GNU_PROPERTY_X86_FEATURE_1_AND &&
				    w[i + 1] == 4)
					return w[i + 2] &
					       GNU_PROPERTY_X86_FEATURE_1_IBT;
	}
	return false;
}

Elf_Data *object_dynamic(Elf *elf, GElf_Shdr *ret)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)) != NULL)
		if (gelf_getshdr(scn, ret) && ret->sh_type == SHT_DYNAMIC)
			return elf_getdata(scn, NULL);
	return NULL;
}

/* A position-independent program, and not a library: libc.so.6 names an
 * interpreter as well, but has a name of its own. */
static bool dynamic_is_program(Elf *elf, bool interpreter)
{
	GElf_Shdr sh;
	Elf_Data *data = object_dynamic(elf, &sh);
	GElf_Dyn dyn;

	for (int i = 0; data && gelf_getdyn(data, i, &dyn); i++) {
		if (dyn.d_tag == DT_FLAGS_1 && (dyn.d_un.d_val & DF_1_PIE))
			return true;
		if (dyn.d_tag == DT_SONAME)
			interpreter = false;
	}
	return interpreter;
}

static bool dynamic_is_symbolic(Elf *elf)
{
	GElf_Shdr sh;
	Elf_Data *data = object_dynamic(elf, &sh);
	GElf_Dyn dyn;

	for (int i = 0; data && gelf_getdyn(data, i, &dyn); i++)
		if (dyn.d_tag == DT_SYMBOLIC ||
		    (dyn.d_tag == DT_FLAGS && (dyn.d_un.d_val & DF_SYMBOLIC)))
			return true;
	return false;
}

static enum opus_code object_header(struct object *o, struct opus_error *err)
{
	GElf_Ehdr e;
	size_t count = 0;
	bool interpreter = false;

	if (elf_kind(o->elf) != ELF_K_ELF || !gelf_getehdr(o->elf, &e))
		return error_set(err, OPUS_INVALID, "%s: not an ELF file", o->path);
	if (e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_machine != EM_X86_64)
		return error_set(err, OPUS_INVALID,
				 "%s: made for another architecture (ELF machine %u), this program knows x86-64",
				 o->path, e.e_machine);
	if (e.e_type != ET_EXEC && e.e_type != ET_DYN)
		return error_set(err, OPUS_INVALID,
				 "%s: neither a program nor a shared object", o->path);
	o->elf_type = e.e_type;
	if (elf_getphdrnum(o->elf, &count) != 0)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr ph;

		interpreter |= gelf_getphdr(o->elf, (int)i, &ph) &&
			       ph.p_type == PT_INTERP;
	}
	o->executable = e.e_type == ET_EXEC || dynamic_is_program(o->elf, interpreter);
	if (o->executable && !interpreter)
		return error_set(err, OPUS_INVALID,
				 "%s: is linked statically, and so cannot have an agent: it has to be built anew, and restarted",
				 o->path);
	o->build_id_size = object_build_id(o->elf, o->build_id);
	if (o->build_id_size == 0)
		return error_set(err, OPUS_INVALID,
				 "%s: has no build-id, so a patch could not tell it from another version: link it with -Wl,--build-id",
				 o->path);
	o->cet = object_has_cet(o->elf);
	o->symbolic = dynamic_is_symbolic(o->elf);
	return OPUS_OK;
}

static enum opus_code object_file_open(struct object *o, struct opus_error *err)
{
	struct stat st;

	o->fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (o->fd < 0 || fstat(o->fd, &st) != 0)
		return error_set_errno(err, OPUS_UNREADABLE, "cannot open %s", o->path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, OPUS_UNREADABLE, "%s: not a regular file",
				 o->path);
	o->elf = elf_begin(o->fd, ELF_C_READ_MMAP, NULL);
	if (!o->elf)
		return error_set(err, OPUS_INVALID, "%s: %s", o->path,
				 elf_errmsg(-1));
	o->image = (const void *)elf_rawfile(o->elf, &o->image_size);
	if (!o->image)
		return error_set(err, OPUS_UNREADABLE, "%s: %s", o->path,
				 elf_errmsg(-1));
	return OPUS_OK;
}

enum opus_code object_open(const char *path, char *const *debug, size_t debugs,
			   struct object **ret, struct opus_error *err)
{
	struct object *o = calloc(1, sizeof(*o));
	enum opus_code code;

	*ret = NULL;
	if (!o)
		return error_set(err, OPUS_RESOURCE, "out of memory");
	o->fd = o->debug_fd = o->common_fd = -1;
	o->path = strdup(path);
	if (!o->path) {
		object_close(o);
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	o->name = path_base(o->path);
	elf_version(EV_CURRENT);
	code = object_file_open(o, err);
	if (code == OPUS_OK)
		code = object_header(o, err);
	if (code == OPUS_OK)
		code = object_debug_open(o, debug, debugs, err);
	if (code == OPUS_OK)
		code = object_symbols_read(o, err);
	if (code == OPUS_OK)
		code = object_frames_read(o, err);
	if (code != OPUS_OK)
		object_close(o);
	else
		*ret = o;
	return code;
}

void object_close(struct object *o)
{
	if (!o)
		return;
	object_debug_close(o);
	object_symbols_free(o);
	free(o->frame);
	if (o->elf)
		elf_end(o->elf);
	if (o->fd >= 0)
		close(o->fd);
	free(o->path);
	free(o);
}

/* The loaded segment that holds the address, or false. */
static bool segment_find(const struct object *o, uint64_t at, GElf_Phdr *ret)
{
	size_t count = 0;

	if (elf_getphdrnum(o->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(o->elf, (int)i, ret) && ret->p_type == PT_LOAD &&
		    at >= ret->p_vaddr && at - ret->p_vaddr < ret->p_memsz)
			return true;
	return false;
}

const uint8_t *object_bytes(const struct object *o, uint64_t at, uint64_t size)
{
	GElf_Phdr ph;
	uint64_t offset;

	if (!segment_find(o, at, &ph) || at - ph.p_vaddr > ph.p_filesz ||
	    size > ph.p_filesz - (at - ph.p_vaddr))
		return NULL;
	offset = ph.p_offset + (at - ph.p_vaddr);
	if (offset > o->image_size || size > o->image_size - offset)
		return NULL;
	return o->image + offset;
}

bool object_is_code(const struct object *o, uint64_t at)
{
	GElf_Phdr ph;

	return segment_find(o, at, &ph) && (ph.p_flags & PF_X);
}

/* Not a table that the linker made, as of symbols. */
static bool section_is_source(const GElf_Shdr *sh)
{
	return (sh->sh_flags & SHF_ALLOC) &&
	       (sh->sh_type == SHT_PROGBITS || sh->sh_type == SHT_NOBITS ||
		sh->sh_type == SHT_NOTE || sh->sh_type == SHT_INIT_ARRAY ||
		sh->sh_type == SHT_FINI_ARRAY || sh->sh_type == SHT_PREINIT_ARRAY);
}

bool object_has(const struct object *o, uint64_t at)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(o->elf, scn)) != NULL) {
		GElf_Shdr sh;

		/* What has no size may lie at the end of one. */
		if (gelf_getshdr(scn, &sh) && section_is_source(&sh) &&
		    at >= sh.sh_addr && at - sh.sh_addr <= sh.sh_size)
			return true;
	}
	return false;
}

bool object_has_tls(const struct object *o)
{
	size_t count = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(o->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(o->elf, (int)i, &ph) && ph.p_type == PT_TLS)
			return true;
	return false;
}

const struct object_frame *object_frame_at(const struct object *o, uint64_t at)
{
	size_t low = 0, high = o->frames;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (o->frame[mid].start <= at)
			low = mid + 1;
		else
			high = mid;
	}
	/* Frames may nest (a thunk described twice): look back a little. */
	for (size_t i = low; i > 0 && i + 4 > low; i--)
		if (at < o->frame[i - 1].end)
			return &o->frame[i - 1];
	return NULL;
}

/* Index of the first defined symbol above `at`. */
static size_t symbol_above(const struct object *o, uint64_t at)
{
	size_t low = 0, high = o->defined;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (o->symbol[mid].value <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct object_symbol *object_symbol_at(const struct object *o, uint64_t at,
					     const struct object_symbol *last)
{
	size_t i = last ? (size_t)(last - o->symbol) + 1 : at ? symbol_above(o, at - 1) : 0;

	return i < o->defined && o->symbol[i].value == at ? &o->symbol[i] : NULL;
}

const struct object_symbol *object_function_at(const struct object *o,
					       uint64_t at)
{
	const struct object_symbol *best = NULL;

	/* Symbols are sorted by address; 64 back is far enough for aliases
	 * and labels inside a function. */
	for (size_t i = symbol_above(o, at), n = 0; i > 0 && n < 64; i--, n++) {
		const struct object_symbol *s = &o->symbol[i - 1];

		if (!s->code || s->type != STT_FUNC ||
		    at - s->value >= (s->size ? s->size : 1))
			continue;
		if (!best || (s->value == best->value &&
			      best->bind == STB_LOCAL && s->bind != STB_LOCAL))
			best = s;
	}
	return best;
}

static uint64_t section_end(const struct object *o, uint64_t at)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(o->elf, scn)) != NULL) {
		GElf_Shdr sh;

		if (gelf_getshdr(scn, &sh) && (sh.sh_flags & SHF_ALLOC) &&
		    at >= sh.sh_addr && at - sh.sh_addr < sh.sh_size)
			return sh.sh_addr + sh.sh_size;
	}
	return at;
}

uint64_t object_next_start(const struct object *o, uint64_t at)
{
	uint64_t next = section_end(o, at);
	size_t low = 0, high = o->frames;

	for (size_t i = symbol_above(o, at); i < o->defined; i++)
		if (o->symbol[i].code) {
			if (o->symbol[i].value < next)
				next = o->symbol[i].value;
			break;
		}
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (o->frame[mid].start <= at)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < o->frames && o->frame[low].start < next)
		next = o->frame[low].start;
	return next;
}

bool object_relocates(const struct object *o, const char *name)
{
	for (size_t i = 0; i < o->relocs; i++)
		if (o->reloc[i].name && strcmp(o->reloc[i].name, name) == 0)
			return true;
	return false;
}
