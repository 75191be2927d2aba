/*
 * object_frame.c - the code ranges that .eh_frame of a target describes.
 *
 * Called by:  object.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Every function that a compiler made has a frame description entry, also in
 * a stripped object, and so has each .cold part: this is the one list of
 * ranges that does not depend on symbols.
 */
#include "object.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

static Elf_Scn *section_named(Elf *elf, const char *wanted)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;
		const char *name;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, names, sh.sh_name);
		if (name && strcmp(name, wanted) == 0)
			return scn;
	}
	return NULL;
}

static int frame_compare(const void *a, const void *b)
{
	const struct object_frame *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

/* Encoded pointers that compilers use in .eh_frame on x86-64. */
static bool pointer_read(const uint8_t *p, const uint8_t *end, uint8_t encoding,
			 uint64_t address, uint64_t *ret, size_t *used)
{
	int32_t s4;
	int64_t s8;

	switch (encoding & 0x0f) {
	case 0x03: /* DW_EH_PE_udata4 */
	case 0x0b: /* DW_EH_PE_sdata4 */
		if (end - p < 4)
			return false;
		memcpy(&s4, p, 4);
		*ret = (encoding & 0x0f) == 0x03 ? (uint32_t)s4
						 : (uint64_t)(int64_t)s4;
		*used = 4;
		break;
	case 0x00: /* DW_EH_PE_absptr */
	case 0x04: /* DW_EH_PE_udata8 */
	case 0x0c: /* DW_EH_PE_sdata8 */
		if (end - p < 8)
			return false;
		memcpy(&s8, p, 8);
		*ret = (uint64_t)s8;
		*used = 8;
		break;
	default:
		return false;
	}
	if ((encoding & 0x70) == 0x10) /* DW_EH_PE_pcrel */
		*ret += address;
	return (encoding & 0x60) == 0; /* not text-, data- or func-relative */
}

/* The pointer encoding that a CIE's augmentation names. */
static uint8_t cie_encoding(const Dwarf_CIE *cie)
{
	const uint8_t *data = cie->augmentation_data;
	const char *a = cie->augmentation;

	if (!a || *a != 'z' || !data)
		return 0;
	for (a++; *a; a++) {
		size_t used = 0;
		uint64_t skip;

		if (*a == 'R')
			return *data;
		if (*a == 'L') {
			data++;
		} else if (*a == 'P') {
			if (!pointer_read(data + 1, data + 16, *data, 0, &skip, &used))
				(void)skip;
			data += 1 + used;
		}
	}
	return 0;
}

/* One entry of .eh_frame: `body` starts behind its CIE pointer. */
static bool frame_add(struct object *o, uint64_t section, const uint8_t *base,
		      const Dwarf_FDE *fde, uint8_t encoding)
{
	struct object_frame *table;
	uint64_t start, length;
	size_t used;

	if (!pointer_read(fde->start, fde->end, encoding,
			  section + (uint64_t)(fde->start - base), &start, &used) ||
	    !pointer_read(fde->start + used, fde->end, encoding & 0x0f, 0, &length,
			  &used) ||
	    length == 0)
		return true;
	if (o->frames == 0 || (o->frames & (o->frames - 1)) == 0) {
		table = realloc(o->frame, (o->frames ? 2 * o->frames : 1) *
						  sizeof(*table));
		if (!table)
			return false;
		o->frame = table;
	}
	o->frame[o->frames++] =
		(struct object_frame){.start = start, .end = start + length};
	return true;
}

enum opus_code object_frames_read(struct object *o, struct opus_error *err)
{
	Elf_Scn *scn = section_named(o->elf, ".eh_frame");
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	GElf_Ehdr eh;
	GElf_Shdr sh;
	Dwarf_Off at = 0, next = 0;
	Dwarf_CFI_Entry entry;

	if (!data || !data->d_buf || !gelf_getshdr(scn, &sh) ||
	    !gelf_getehdr(o->elf, &eh))
		return OPUS_OK;
	while (dwarf_next_cfi((void *)eh.e_ident, data, true, at, &next, &entry) == 0) {
		Dwarf_CFI_Entry cie;
		Dwarf_Off unused;

		if (!dwarf_cfi_cie_p(&entry) &&
		    dwarf_next_cfi((void *)eh.e_ident, data, true,
				   entry.fde.CIE_pointer, &unused, &cie) == 0 &&
		    !frame_add(o, sh.sh_addr, data->d_buf, &entry.fde,
			       cie_encoding(&cie.cie)))
			return error_set(err, OPUS_RESOURCE, "%s: out of memory",
					 o->path);
		if (next <= at || next == (Dwarf_Off)-1)
			break;
		at = next;
	}
	if (o->frames)
		qsort(o->frame, o->frames, sizeof(*o->frame), frame_compare);
	return OPUS_OK;
}
