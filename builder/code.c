/*
 * code.c - who calls whom in a target, and which registers its code uses.
 *
 * Called by:  callers.c, pass_keep.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "code.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

/* The bit of a register of any width, 0 for others (flags, segments). */
static regset register_bit(ZydisRegister reg, struct code_use *use)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(reg);
	ZyanI8 id = ZydisRegisterGetId(reg);

	switch (class) {
	case ZYDIS_REGCLASS_GPR8:
		/* ah ch dh bh stand behind spl..dil in the numbering; ask for
		 * the enclosing register instead */
	case ZYDIS_REGCLASS_GPR16:
	case ZYDIS_REGCLASS_GPR32:
	case ZYDIS_REGCLASS_GPR64:
		id = ZydisRegisterGetId(ZydisRegisterGetLargestEnclosing(
			ZYDIS_MACHINE_MODE_LONG_64, reg));
		return id >= 0 && id < 16 ? REGSET_GENERAL(id) : 0;
	case ZYDIS_REGCLASS_ZMM:
	case ZYDIS_REGCLASS_MASK:
		use->widest = true;
		return id >= 0 && id < 16 ? REGSET_VECTOR(id) : 0;
	case ZYDIS_REGCLASS_YMM:
		use->wide = true;
		return id >= 0 && id < 16 ? REGSET_VECTOR(id) : 0;
	case ZYDIS_REGCLASS_XMM:
		if (id >= 16)
			use->widest = true;
		return id >= 0 && id < 16 ? REGSET_VECTOR(id) : 0;
	default:
		return 0;
	}
}

void code_use_add(const struct decoded *d, struct code_use *use)
{
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	unsigned int count = decode_operands(d, op);

	if (d->padding)
		return;
	use->stores |= d->flow == DECODE_CALL_INDIRECT || d->flow == DECODE_CALL;
	for (unsigned int i = 0; i < count; i++) {
		regset bits;

		if (op[i].type == ZYDIS_OPERAND_TYPE_MEMORY) {
			use->read |= register_bit(op[i].mem.base, use) |
				     register_bit(op[i].mem.index, use);
			use->stores |= op[i].mem.type == ZYDIS_MEMOP_TYPE_MEM &&
				       (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
				       op[i].mem.base != ZYDIS_REGISTER_RSP &&
				       op[i].mem.base != ZYDIS_REGISTER_RBP;
			continue;
		}
		if (op[i].type != ZYDIS_OPERAND_TYPE_REGISTER)
			continue;
		bits = register_bit(op[i].reg.value, use);
		if (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_READ)
			use->read |= bits;
		if (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
			use->written |= bits;
	}
	if (d->zydis.mnemonic == ZYDIS_MNEMONIC_VZEROUPPER ||
	    d->zydis.mnemonic == ZYDIS_MNEMONIC_VZEROALL)
		use->written |= 0xffff0000u;
}

bool code_is_plt(const struct object *o, uint64_t address)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(o->elf, &names) != 0)
		return false;
	while ((scn = elf_nextscn(o->elf, scn)) != NULL) {
		GElf_Shdr sh;
		const char *name;

		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_EXECINSTR) ||
		    address < sh.sh_addr || address - sh.sh_addr >= sh.sh_size)
			continue;
		name = elf_strptr(o->elf, names, sh.sh_name);
		return name && strncmp(name, ".plt", 4) == 0;
	}
	return false;
}

bool code_extent(const struct object *o, uint64_t address, struct object_frame *ret)
{
	const struct object_frame *f = object_frame_at(o, address);
	const struct object_symbol *s;

	if (f) {
		*ret = *f;
		return true;
	}
	s = object_function_at(o, address);
	if (!s || s->size == 0)
		return false;
	*ret = (struct object_frame){.start = s->value, .end = s->value + s->size};
	return true;
}

static bool edge_add(struct code_edges *e, uint64_t site, uint64_t to, bool call)
{
	struct code_edge *grown = build_grow(e->edge, e->count, sizeof(*grown));

	if (!grown)
		return false;
	e->edge = grown;
	grown[e->count++] = (struct code_edge){site, to, call};
	return true;
}

static bool edges_in(const struct object *o, uint64_t start, uint64_t end,
		     struct code_edges *e)
{
	const uint8_t *bytes = object_bytes(o, start, end - start);
	struct decoded d;

	for (uint64_t at = start; bytes && at < end; at += d.length, bytes += d.length) {
		if (!decode(bytes, end - at, at, &d))
			return true; /* data, or unknown: nothing more here */
		if (d.has_target &&
		    (d.flow == DECODE_CALL || d.target < start || d.target >= end) &&
		    !edge_add(e, at, d.target, d.flow == DECODE_CALL))
			return false;
		/* Through a pointer, as the linkage table does. */
		if (d.rip && (d.flow == DECODE_CALL_INDIRECT || d.flow == DECODE_JUMP_INDIRECT) &&
		    !edge_add(e, at, d.rip_to, d.flow == DECODE_CALL_INDIRECT))
			return false;
	}
	return true;
}

static int edge_compare(const void *a, const void *b)
{
	const struct code_edge *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->site < y->site ? -1 : x->site > y->site;
}

enum opus_code code_edges_find(const struct object *o, struct code_edges *ret,
			       struct opus_error *err)
{
	bool good = true;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < o->frames && good; i++)
		good = edges_in(o, o->frame[i].start, o->frame[i].end, ret);
	/* Assembly without frames, if it has sized symbols. */
	for (size_t i = 0; i < o->defined && good; i++) {
		const struct object_symbol *s = &o->symbol[i];

		if (s->code && s->type == STT_FUNC && s->size > 0 &&
		    (i == 0 || o->symbol[i - 1].value != s->value) &&
		    !object_frame_at(o, s->value))
			good = edges_in(o, s->value, s->value + s->size, ret);
	}
	if (!good) {
		free(ret->edge);
		memset(ret, 0, sizeof(*ret));
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	ret->known = true;
	if (ret->count)
		qsort(ret->edge, ret->count, sizeof(*ret->edge), edge_compare);
	return OPUS_OK;
}

const struct code_edge *code_edges_to(const struct code_edges *e,
				      uint64_t address, size_t *count)
{
	size_t low = 0, high = e->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (e->edge[mid].to < address)
			low = mid + 1;
		else
			high = mid;
	}
	for (*count = 0; low + *count < e->count && e->edge[low + *count].to == address;)
		++*count;
	return &e->edge[low];
}
