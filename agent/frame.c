/*
 * frame.c - read .eh_frame for one address.
 *
 * Called by:  personality.c.
 * Runs on:    any thread of the host, while an exception unwinds it.
 * Locks:      the loader's (dl_iterate_phdr), as its unwinder takes it.
 * Signal:     unsafe: loader.
 *
 * The unwinder has just read the same bytes, so they are not checked again. An
 * unwinder that is linked in statically exports none of its functions: what it
 * knows has to be found out anew.
 *
 *     .eh_frame_hdr: sorted (function, FDE) ──▶ FDE ──▶ CIE
 */
#include "frame.h"

#include <link.h>
#include <stddef.h>
#include <string.h>

/* DW_EH_PE_*: how a pointer is written. */
enum {
	FORMAT = 0x0f, FORMAT_ABS = 0, FORMAT_UDATA2 = 2, FORMAT_UDATA4 = 3,
	FORMAT_UDATA8 = 4, FORMAT_SDATA2 = 0xa, FORMAT_SDATA4 = 0xb,
	FORMAT_SDATA8 = 0xc,
	RELATIVE = 0x70, RELATIVE_PC = 0x10, INDIRECT = 0x80, OMITTED = 0xff
};

struct entry {
	int32_t function, fde; /* from the table's start */
};

struct search {
	uintptr_t address;
	const uint8_t *table; /* .eh_frame_hdr of the object; NULL: none */
};

/* What the augmentation of a CIE says. */
struct common {
	uint8_t pointers, lsda; /* formats */
	bool augmented;         /* 'z': the size of each FDE's data is there */
	uintptr_t personality;
};

static int table_search(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *s = data;
	const uint8_t *table = NULL;
	bool inside = false;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_GNU_EH_FRAME)
			table = (const uint8_t *)start;
		inside |= p->p_type == PT_LOAD &&
			  s->address - start < p->p_memsz;
	}
	if (inside)
		s->table = table;
	return inside;
}

static uintptr_t leb_read(const uint8_t **at)
{
	uintptr_t value = 0;
	int shift = 0;
	uint8_t byte;

	do {
		byte = *(*at)++;
		value |= (uintptr_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && shift < 64);
	return value;
}

static bool number_read(const uint8_t **at, uint8_t format, uintptr_t *ret)
{
	static const uint8_t sizes[16] = {
		[FORMAT_ABS] = 8, [FORMAT_UDATA2] = 2, [FORMAT_UDATA4] = 4,
		[FORMAT_UDATA8] = 8, [FORMAT_SDATA2] = 2, [FORMAT_SDATA4] = 4,
		[FORMAT_SDATA8] = 8,
	};
	uint8_t size = sizes[format & FORMAT];
	uint64_t value = 0;

	memcpy(&value, *at, size);
	*at += size;
	if (format & 8) /* signed */
		value = (uint64_t)((int64_t)(value << (64 - 8 * size)) >>
				   (64 - 8 * size));
	*ret = value;
	return size != 0;
}

/* 0 stays 0, whatever it is relative to: no pointer. */
static bool pointer_read(const uint8_t **at, uint8_t format, uintptr_t *ret)
{
	uintptr_t place = (uintptr_t)*at;

	*ret = 0;
	if (format == OMITTED)
		return true;
	if (((format & RELATIVE) != 0 && (format & RELATIVE) != RELATIVE_PC) ||
	    !number_read(at, format, ret))
		return false;
	if (*ret != 0 && (format & RELATIVE) == RELATIVE_PC)
		*ret += place;
	if (*ret != 0 && (format & INDIRECT))
		*ret = *(const uintptr_t *)*ret;
	return true;
}

static bool common_read(const uint8_t *at, struct common *ret)
{
	const char *letters = (const char *)at + 9; /* size, id, version */
	bool good = true;

	*ret = (struct common){.lsda = OMITTED, .augmented = letters[0] == 'z'};
	at = (const uint8_t *)letters + strlen(letters) + 1;
	leb_read(&at); /* code alignment */
	leb_read(&at); /* data alignment: signed, of the same length */
	leb_read(&at); /* return address's register */
	if (!ret->augmented)
		return letters[0] == '\0';
	leb_read(&at);
	for (letters++; good && *letters; letters++)
		switch (*letters) {
		case 'R': ret->pointers = *at++; break;
		case 'L': ret->lsda = *at++; break;
		case 'P':
			at++;
			good = pointer_read(&at, at[-1], &ret->personality);
			break;
		case 'S': case 'B': break;
		default: good = false;
		}
	return good;
}

static bool entry_read(const uint8_t *at, uintptr_t address,
		       struct frame_info *ret)
{
	uint32_t size, distance;
	struct common common;
	uintptr_t length;

	memcpy(&size, at, 4);
	memcpy(&distance, at + 4, 4);
	if (size == 0 || size == UINT32_MAX ||
	    !common_read(at + 4 - distance, &common))
		return false;
	at += 8;
	if (!pointer_read(&at, common.pointers, &ret->start) ||
	    !number_read(&at, common.pointers, &length) ||
	    address - ret->start >= length)
		return false;
	ret->personality = common.personality;
	ret->lsda = 0;
	if (common.augmented && leb_read(&at) != 0)
		return pointer_read(&at, common.lsda, &ret->lsda);
	return true;
}

bool frame_find(uintptr_t address, struct frame_info *ret)
{
	struct search s = {.address = address};
	const struct entry *list;
	uint32_t low = 0, high;

	dl_iterate_phdr(table_search, &s);
	/* Version 1, the count as udata4, the table as datarel sdata4. */
	if (!s.table || s.table[0] != 1 || s.table[2] != FORMAT_UDATA4 ||
	    s.table[3] != (0x30 | FORMAT_SDATA4))
		return false;
	memcpy(&high, s.table + 8, 4);
	list = (const void *)(s.table + 12);
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if ((uintptr_t)s.table + (uintptr_t)(intptr_t)list[middle].function <=
		    address)
			low = middle + 1;
		else
			high = middle;
	}
	return low != 0 && entry_read(s.table + list[low - 1].fde, address, ret);
}
