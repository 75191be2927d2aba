/*
 * decode.c - x86-64 instructions, as far as patching has to know them.
 *
 * Called by:  entry.c, code.c and the passes that read code.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     safe.
 */
#include "decode.h"

#include <string.h>

static const ZydisDecoder *decoder(void)
{
	static ZydisDecoder d;

	if (d.machine_mode != ZYDIS_MACHINE_MODE_LONG_64 || d.stack_width == 0)
		ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64,
				 ZYDIS_STACK_WIDTH_64);
	return &d;
}

static enum decode_flow flow_of(const ZydisDecodedInstruction *z)
{
	bool relative = z->raw.imm[0].is_relative;

	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_RET:
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_INT3:
		return DECODE_END;
	case ZYDIS_MNEMONIC_CALL:
		return relative ? DECODE_CALL : DECODE_CALL_INDIRECT;
	case ZYDIS_MNEMONIC_JMP:
		return relative ? DECODE_JUMP : DECODE_JUMP_INDIRECT;
	case ZYDIS_MNEMONIC_LOOP:
	case ZYDIS_MNEMONIC_LOOPE:
	case ZYDIS_MNEMONIC_LOOPNE:
	case ZYDIS_MNEMONIC_JCXZ:
	case ZYDIS_MNEMONIC_JECXZ:
	case ZYDIS_MNEMONIC_JRCXZ:
	case ZYDIS_MNEMONIC_XBEGIN:
		return DECODE_LOOP;
	default:
		return z->meta.category == ZYDIS_CATEGORY_COND_BR ? DECODE_BRANCH
								  : DECODE_NEXT;
	}
}

bool decode(const uint8_t *bytes, uint64_t size, uint64_t address,
	    struct decoded *ret)
{
	ZydisDecodedInstruction *z = &ret->zydis;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(
		    decoder(), &ret->context, bytes, size > 15 ? 15 : size, z)))
		return false;
	ret->address = address;
	ret->length = z->length;
	ret->flow = flow_of(z);
	ret->padding = z->mnemonic == ZYDIS_MNEMONIC_NOP ||
		       z->mnemonic == ZYDIS_MNEMONIC_INT3 ||
		       /* xchg %ax,%ax */
		       (z->length == 2 && bytes[0] == 0x66 && bytes[1] == 0x90);
	ret->has_target = z->raw.imm[0].is_relative;
	if (ret->has_target)
		ret->target = address + z->length + (uint64_t)z->raw.imm[0].value.s;
	/* mod 0, rm 5: rip (or, with prefix 67, eip) and 32 bits */
	ret->rip = (z->attributes & ZYDIS_ATTRIB_HAS_MODRM) && z->raw.modrm.mod == 0 &&
		   z->raw.modrm.rm == 5 && z->raw.disp.size == 32;
	if (ret->rip)
		ret->rip_to = address + z->length + (uint64_t)z->raw.disp.value;
	return true;
}

unsigned int decode_operands(const struct decoded *d,
			     ZydisDecodedOperand ret[ZYDIS_MAX_OPERAND_COUNT])
{
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeOperands(
		    decoder(), &d->context, &d->zydis, ret, d->zydis.operand_count)))
		return 0;
	return d->zydis.operand_count;
}
