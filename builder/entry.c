/*
 * entry.c - can a jump be written at the start of a function?
 *
 * Called by:  pass_entry.c, unit tests.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: formats.
 *
 * A call may be the last displaced instruction (`sub $8, %rsp; call f` starts
 * many functions): its return address is then behind the overwritten bytes. The
 * copy pushes that same address and jumps, so that no frame ever returns into
 * the trampoline, for which there is no unwind information. A call further in
 * front would leave return addresses inside the overwritten bytes. Short
 * conditional forms without a long one (loop, jrcxz) are rare enough to be
 * refused.
 */
#include "entry.h"

#include <stdio.h>
#include <string.h>

#include "decode.h"

static bool fault_set(struct entry_fault *fault, const char *why)
{
	snprintf(fault->why, sizeof(fault->why), "%s", why);
	return false;
}

/* Append a 32-bit displacement that is filled in where the code will lie. */
static void fixup_add(struct entry *e, uint32_t at, uint32_t from, uint64_t to)
{
	memset(e->moved + at, 0, 4);
	e->fixup[e->fixups++] =
		(struct entry_fixup){.at = at, .from = from, .to = to};
}

/* jmp rel8/rel32 and jcc rel8/rel32 all become the 32-bit form. */
static bool move_branch(struct entry *e, const struct decoded *d, const uint8_t *bytes,
			struct entry_fault *fault)
{
	uint8_t *out = e->moved + e->moved_size;
	uint32_t opcode = 1;

	if (d->zydis.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE)
		return fault_set(fault,
				 "a jump with a 16-bit operand among its first instructions");
	if (d->flow == DECODE_JUMP) {
		out[0] = 0xe9; /* jmp rel32 */
	} else {
		/* The condition is in the low four bits of 7x and of 0f 8x. */
		const uint8_t *op = bytes + d->zydis.raw.imm[0].offset - 1;

		out[0] = 0x0f; /* jcc rel32 */
		out[1] = 0x80 | (*op & 0x0f);
		opcode = 2;
	}
	e->moved_size += opcode + 4;
	fixup_add(e, e->moved_size - 4, e->moved_size, d->target);
	return true;
}

/*
 * The address behind the original call, on the stack, without a register:
 *     call next                 e8 00 00 00 00
 *  next: addq $(back - next), (%rsp)      48 81 04 24 imm32
 * The flags that this changes carry nothing into a function (psABI 3.2.1).
 */
static void push_return(struct entry *e, uint64_t back)
{
	static const uint8_t code[13] = {0xe8, 0, 0, 0, 0, 0x48, 0x81, 0x04, 0x24};
	uint32_t at = e->moved_size;

	memcpy(e->moved + at, code, sizeof(code));
	e->moved_size += sizeof(code);
	fixup_add(e, at + 9, at + 5, back);
}

/* call *place becomes jmp *place: /2 to /4 in the ModRM byte (SDM, CALL, JMP). */
static bool jump_indirect(struct entry *e, const struct decoded *d,
			  const uint8_t *bytes, struct entry_fault *fault)
{
	uint8_t *out = e->moved + e->moved_size;
	uint32_t modrm = d->zydis.raw.modrm.offset;

	if (d->zydis.raw.modrm.mod != 3 && d->zydis.raw.modrm.rm == 4 &&
	    d->zydis.raw.sib.base == 4)
		return fault_set(fault,
				 "calls through an address on the stack within its first bytes");
	memcpy(out, bytes, d->length);
	out[modrm] = (uint8_t)((out[modrm] & 0xc7) | 4 << 3);
	e->moved_size += d->length;
	if (d->rip)
		fixup_add(e, e->moved_size - d->length + d->zydis.raw.disp.offset,
			  e->moved_size, d->rip_to);
	return true;
}

static bool move_call(struct entry *e, const struct decoded *d, const uint8_t *bytes,
		      uint64_t address, struct entry_fault *fault)
{
	push_return(e, address + d->length);
	if (d->flow == DECODE_CALL_INDIRECT)
		return jump_indirect(e, d, bytes, fault);
	e->moved[e->moved_size] = 0xe9; /* jmp rel32 */
	e->moved_size += 5;
	fixup_add(e, e->moved_size - 4, e->moved_size, d->target);
	return true;
}

static bool move_one(struct entry *e, const struct decoded *d, const uint8_t *bytes,
		     uint64_t address, bool last, struct entry_fault *fault)
{
	uint32_t at = e->moved_size;

	switch (d->flow) {
	case DECODE_JUMP:
	case DECODE_BRANCH:
		return move_branch(e, d, bytes, fault);
	case DECODE_CALL:
	case DECODE_CALL_INDIRECT:
		if (last)
			return move_call(e, d, bytes, address, fault);
		return fault_set(fault,
				 "calls another function within its first bytes, so that return addresses point into what the jump overwrites");
	case DECODE_LOOP:
		return fault_set(fault,
				 "has a loop, jrcxz or xbegin instruction within its first bytes, which cannot be moved");
	default:
		break;
	}
	if (d->zydis.mnemonic == ZYDIS_MNEMONIC_INT3)
		return fault_set(fault,
				 "a breakpoint is written at its entry");
	memcpy(e->moved + at, bytes, d->length);
	e->moved_size += d->length;
	if (d->rip) {
		if (d->zydis.attributes & ZYDIS_ATTRIB_HAS_ADDRESSSIZE)
			return fault_set(fault,
				 "has a 32-bit address among its first instructions");
		fixup_add(e, at + d->zydis.raw.disp.offset, e->moved_size, d->rip_to);
	}
	return true;
}

static bool is_call(const struct decoded *d)
{
	return d->flow == DECODE_CALL || d->flow == DECODE_CALL_INDIRECT;
}

/* Does the instruction never go on to the one behind it? */
static bool flow_ends(const struct decoded *d)
{
	return d->flow == DECODE_END || d->flow == DECODE_JUMP ||
	       d->flow == DECODE_JUMP_INDIRECT;
}

static bool is_endbr64(const struct entry_code *c)
{
	return c->size >= 4 && memcmp(c->bytes, "\xf3\x0f\x1e\xfa", 4) == 0;
}

/* The function is over before the jump fits: use the padding behind it. */
static bool move_padding(const struct entry_code *c, uint64_t at, struct entry *e,
			 struct entry_fault *fault)
{
	struct decoded d;

	while (at < e->jump_at + PLAN_JUMP_SIZE) {
		if (at >= c->usable ||
		    !decode(c->bytes + at, c->usable - at, c->address + at, &d) ||
		    !d.padding) {
			snprintf(fault->why, sizeof(fault->why),
				 "is %llu bytes long, too short for the jump of %d bytes",
				 (unsigned long long)(c->size - e->jump_at),
				 PLAN_JUMP_SIZE);
			return false;
		}
		at += d.length;
	}
	e->length = (uint32_t)(at - e->jump_at);
	return true;
}

bool entry_move(const struct entry_code *c, struct entry *e,
		struct entry_fault *fault)
{
	struct decoded d = {.flow = DECODE_NEXT};
	uint64_t at;

	memset(e, 0, sizeof(*e));
	memset(fault, 0, sizeof(*fault));
	e->jump_at = is_endbr64(c) ? 4 : 0;
	for (at = e->jump_at; at < e->jump_at + PLAN_JUMP_SIZE && at < c->size;
	     at += d.length) {
		if (!decode(c->bytes + at, c->size - at, c->address + at, &d))
			return fault_set(fault,
				 "its first bytes are no instruction that is known");
		e->point[e->points++] = (struct entry_point){
			.orig = (uint32_t)at, .moved = e->moved_size};
		if (!move_one(e, &d, c->bytes + at, c->address + at,
			      at + d.length >= e->jump_at + PLAN_JUMP_SHORT, fault))
			return false;
		if (is_call(&d)) {
			/* Its return address must stay outside: a short jump
			 * if it has to be. */
			at += d.length;
			break;
		}
	}
	e->length = (uint32_t)(at - e->jump_at);
	if (e->length < PLAN_JUMP_SIZE && !is_call(&d)) {
		if (!flow_ends(&d))
			return fault_set(fault,
				 "is too short for the jump, and runs into the code behind it");
		if (!move_padding(c, at, e, fault)) {
			if (e->length < PLAN_JUMP_SHORT)
				return false;
			memset(fault, 0, sizeof(*fault));
		}
	}
	e->point[e->points++] = (struct entry_point){
		.orig = e->jump_at + e->length, .moved = e->moved_size};
	return true;
}

bool entry_inside(const struct entry *e, uint64_t entry, uint64_t address)
{
	uint64_t jump = entry + e->jump_at;

	return address > jump && address < jump + e->length;
}
