/*
 * object_symbol.c - the symbols and dynamic relocations of a target.
 *
 * Called by:  object.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * .symtab of the debug file comes first, then that of the object, then
 * .dynsym: a symbol that is in several appears several times, which the users
 * expect (they compare addresses).
 */
#include "object.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, size_t count, size_t size)
{
	/* Doubles at powers of two, so that no capacity need be kept. */
	if (count == 0 || (count & (count - 1)) == 0)
		return realloc(array, (count ? 2 * count : 1) * size);
	return array;
}

/* A string that lives as long as the object. */
static const char *text_keep(struct object *o, const char *from, size_t size)
{
	char **table = grow(o->text, o->texts, sizeof(*table));
	char *copy = table ? strndup(from, size) : NULL;

	if (table)
		o->text = table;
	if (copy)
		o->text[o->texts++] = copy;
	return copy ? copy : "";
}

/* NAME@VERSION or NAME@@VERSION, as ld writes them into .symtab. */
static void symbol_split(struct object *o, struct object_symbol *s)
{
	const char *at = strchr(s->name, '@');

	if (!at || at == s->name)
		return;
	s->not_default = at[1] != '@';
	s->version = at + (s->not_default ? 1 : 2);
	s->name = text_keep(o, s->name, (size_t)(at - s->name));
}

/* Sections of a table of symbol versions. */
struct versions {
	Elf_Data *sym;
	Elf_Data *need;
	Elf_Data *def;
	size_t need_link;
	size_t def_link;
};

static void versions_find(Elf *elf, struct versions *v)
{
	Elf_Scn *scn = NULL;

	memset(v, 0, sizeof(*v));
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh))
			continue;
		if (sh.sh_type == SHT_GNU_versym) {
			v->sym = elf_getdata(scn, NULL);
		} else if (sh.sh_type == SHT_GNU_verneed) {
			v->need = elf_getdata(scn, NULL);
			v->need_link = sh.sh_link;
		} else if (sh.sh_type == SHT_GNU_verdef) {
			v->def = elf_getdata(scn, NULL);
			v->def_link = sh.sh_link;
		}
	}
}

static const char *version_needed(Elf *elf, const struct versions *v, int wanted)
{
	GElf_Verneed need;
	GElf_Vernaux aux;
	int at = 0;

	while (v->need && gelf_getverneed(v->need, at, &need)) {
		int sub = at + (int)need.vn_aux;

		for (int i = 0; i < need.vn_cnt; i++) {
			if (!gelf_getvernaux(v->need, sub, &aux))
				return "";
			if ((aux.vna_other & 0x7fff) == wanted)
				return elf_strptr(elf, v->need_link, aux.vna_name);
			sub += (int)aux.vna_next;
		}
		if (need.vn_next == 0)
			break;
		at += (int)need.vn_next;
	}
	return "";
}

static const char *version_defined(Elf *elf, const struct versions *v, int wanted)
{
	GElf_Verdef def;
	GElf_Verdaux aux;
	int at = 0;

	while (v->def && gelf_getverdef(v->def, at, &def)) {
		if (def.vd_ndx == wanted &&
		    gelf_getverdaux(v->def, at + (int)def.vd_aux, &aux))
			return elf_strptr(elf, v->def_link, aux.vda_name);
		if (def.vd_next == 0)
			break;
		at += (int)def.vd_next;
	}
	return "";
}

static void symbol_version(Elf *elf, const struct versions *v, int index,
			   struct object_symbol *s)
{
	GElf_Versym sym;
	const char *text;

	if (!v->sym || !gelf_getversym(v->sym, index, &sym))
		return;
	if ((sym & 0x7fff) < 2)
		return;
	text = s->defined ? version_defined(elf, v, sym & 0x7fff)
			  : version_needed(elf, v, sym & 0x7fff);
	s->version = text ? text : "";
	s->not_default = s->defined && (sym & 0x8000);
}

static bool symbol_add(struct object *o, Elf *elf, size_t strings,
		       const GElf_Sym *sym, const char *file, bool dynamic,
		       struct object_symbol **ret)
{
	const char *name = elf_strptr(elf, strings, sym->st_name);
	uint8_t type = GELF_ST_TYPE(sym->st_info);
	struct object_symbol *table;

	*ret = NULL;
	if (!name || !*name || type == STT_SECTION || type == STT_FILE)
		return true;
	if (sym->st_shndx >= SHN_LORESERVE && sym->st_shndx != SHN_XINDEX &&
	    (sym->st_shndx != SHN_ABS || dynamic))
		return true;
	table = grow(o->symbol, o->symbols, sizeof(*table));
	if (!table)
		return false;
	o->symbol = table;
	*ret = &table[o->symbols++];
	**ret = (struct object_symbol){
		.name = name,
		.version = "",
		.file = file,
		.value = sym->st_value,
		.size = sym->st_size,
		.type = type,
		.bind = GELF_ST_BIND(sym->st_info),
		.visibility = GELF_ST_VISIBILITY(sym->st_other),
		.defined = sym->st_shndx != SHN_UNDEF && sym->st_shndx != SHN_ABS,
		.absolute = sym->st_shndx == SHN_ABS,
		.dynamic = dynamic,
	};
	(*ret)->code = (*ret)->defined && type != STT_OBJECT && type != STT_TLS &&
		       object_is_code(o, sym->st_value);
	if (!dynamic)
		symbol_split(o, *ret);
	return true;
}

static bool table_read(struct object *o, Elf *elf, Elf64_Word type)
{
	struct versions versions;
	Elf_Scn *scn = NULL;

	versions_find(elf, &versions);
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;
		Elf_Data *data;
		const char *file = "";
		GElf_Sym sym;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != type)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 1; data && gelf_getsym(data, i, &sym); i++) {
			struct object_symbol *s;
			const char *name = elf_strptr(elf, sh.sh_link, sym.st_name);

			if (GELF_ST_TYPE(sym.st_info) == STT_FILE)
				file = name ? name : "";
			if (!symbol_add(o, elf, sh.sh_link, &sym,
					GELF_ST_BIND(sym.st_info) == STB_LOCAL ? file : "",
					type == SHT_DYNSYM, &s))
				return false;
			if (s && type == SHT_DYNSYM)
				symbol_version(elf, &versions, i, s);
			if (s && type == SHT_SYMTAB)
				o->has_symtab = true;
		}
	}
	return true;
}

static int symbol_compare(const void *a, const void *b)
{
	const struct object_symbol *x = a, *y = b;

	if (x->defined != y->defined)
		return x->defined ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	/* Any fixed order will do: the output must not depend on qsort. */
	if (x->dynamic != y->dynamic)
		return x->dynamic ? 1 : -1;
	return strcmp(x->name, y->name);
}

static bool reloc_add(struct object *o, const struct object_reloc *r)
{
	struct object_reloc *table = grow(o->reloc, o->relocs, sizeof(*table));

	if (!table)
		return false;
	o->reloc = table;
	table[o->relocs++] = *r;
	return true;
}

/* One that .relr.dyn packs: its addend is what the file has there. */
static bool packed_add(struct object *o, uint64_t place)
{
	const uint8_t *there = object_bytes(o, place, sizeof(uint64_t));
	struct object_reloc r = {.place = place, .type = R_X86_64_RELATIVE};

	if (!there)
		return true;
	memcpy(&r.addend, there, sizeof(r.addend));
	return reloc_add(o, &r);
}

/* Even words are places, odd ones say by bits which of the 63 words behind the
 * last are places, too. */
static bool packed_read(struct object *o, const Elf_Data *data)
{
	uint64_t next = 0, word;

	for (size_t at = 0; at + sizeof(word) <= data->d_size; at += sizeof(word)) {
		memcpy(&word, (const uint8_t *)data->d_buf + at, sizeof(word));
		if ((word & 1) == 0) {
			if (!packed_add(o, word))
				return false;
			next = word + sizeof(word);
			continue;
		}
		for (unsigned int bit = 1; bit < 64; bit++)
			if ((word >> bit & 1) != 0 &&
			    !packed_add(o, next + (bit - 1) * sizeof(word)))
				return false;
		next += 63 * sizeof(word);
	}
	return true;
}

static bool relocs_read(struct object *o)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(o->elf, scn)) != NULL) {
		GElf_Shdr sh, symbols;
		Elf_Data *data, *sym_data = NULL;
		Elf_Scn *sym_scn;
		GElf_Rela rela;

		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC))
			continue;
		/* As it lies in the file: older libelf knows no such section. */
		if (sh.sh_type == SHT_RELR && (data = elf_rawdata(scn, NULL)) &&
		    !packed_read(o, data))
			return false;
		if (sh.sh_type != SHT_RELA)
			continue;
		sym_scn = sh.sh_link ? elf_getscn(o->elf, sh.sh_link) : NULL;
		if (sym_scn && gelf_getshdr(sym_scn, &symbols))
			sym_data = elf_getdata(sym_scn, NULL);
		data = elf_getdata(scn, NULL);
		for (int i = 0; data && gelf_getrela(data, i, &rela); i++) {
			GElf_Sym sym;
			struct object_reloc r = {
				.place = rela.r_offset,
				.addend = (uint64_t)rela.r_addend,
				.type = (uint32_t)GELF_R_TYPE(rela.r_info),
			};
			if (GELF_R_SYM(rela.r_info) && sym_data &&
			    gelf_getsym(sym_data, (int)GELF_R_SYM(rela.r_info), &sym)) {
				r.name = elf_strptr(o->elf, symbols.sh_link, sym.st_name);
				o->open_functions |= sym.st_shndx != SHN_UNDEF &&
					GELF_ST_TYPE(sym.st_info) == STT_FUNC &&
					GELF_ST_BIND(sym.st_info) == STB_GLOBAL;
			}
			if (!reloc_add(o, &r))
				return false;
		}
	}
	return true;
}

enum opus_code object_symbols_read(struct object *o, struct opus_error *err)
{
	bool good = true;

	if (o->debug_elf)
		good = table_read(o, o->debug_elf, SHT_SYMTAB);
	if (good && !o->has_symtab)
		good = table_read(o, o->elf, SHT_SYMTAB);
	good = good && table_read(o, o->elf, SHT_DYNSYM) && relocs_read(o);
	if (!good)
		return error_set(err, OPUS_RESOURCE, "%s: out of memory", o->path);
	if (o->symbols)
		qsort(o->symbol, o->symbols, sizeof(*o->symbol), symbol_compare);
	while (o->defined < o->symbols && o->symbol[o->defined].defined)
		o->defined++;
	return OPUS_OK;
}

bool object_shares(const struct object_symbol *s)
{
	return s->bind != STB_LOCAL || s->visibility != STV_DEFAULT || !*s->file;
}

/* ld(1) leaves no __real_NAME: it is NAME. */
bool object_wraps(const struct object *o, const char *name)
{
	static const char real[] = "__real_";

	if (strncmp(name, OBJECT_WRAP, strlen(OBJECT_WRAP)) != 0)
		return false;
	name += strlen(OBJECT_WRAP);
	for (size_t i = o->defined; i < o->symbols; i++)
		if (strncmp(o->symbol[i].name, real, strlen(real)) == 0 &&
		    strcmp(o->symbol[i].name + strlen(real), name) == 0)
			return false;
	return true;
}

void object_symbols_free(struct object *o)
{
	for (size_t i = 0; i < o->texts; i++)
		free(o->text[i]);
	free(o->text);
	free(o->symbol);
	free(o->reloc);
}
