/*
 * decode.h - x86-64 instructions, as far as patching has to know them.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe: no heap, no state.
 */
#ifndef OPUS_DECODE_H
#define OPUS_DECODE_H

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <stdint.h>

enum decode_flow {
	DECODE_NEXT,   /* goes on behind itself */
	DECODE_JUMP,   /* jmp to a known place */
	DECODE_BRANCH, /* jcc to a known place, or on */
	DECODE_LOOP,   /* loop, jrcxz, xbegin: short forms only, or special */
	DECODE_CALL,   /* call of a known place */
	DECODE_CALL_INDIRECT,
	DECODE_JUMP_INDIRECT,
	DECODE_END, /* ret, ud2, hlt, int3: does not go on */
};

struct decoded {
	uint64_t address;
	uint8_t length;
	enum decode_flow flow;
	bool padding;     /* a nop of any form, or int3 */
	bool has_target;  /* of a jump, branch, loop or call */
	uint64_t target;
	bool rip;         /* has an operand relative to rip */
	uint64_t rip_to;  /* the address that it means */
	ZydisDecodedInstruction zydis;
	ZydisDecoderContext context; /* for decode_operands() */
};

/* Decode the instruction whose bytes start at `bytes`, `size` of them, and
 * which lies at `address`. False if there is none. */
bool decode(const uint8_t *bytes, uint64_t size, uint64_t address,
	    struct decoded *ret);

/* Its operands, implicit ones included; returns how many. */
unsigned int decode_operands(const struct decoded *d,
			     ZydisDecodedOperand ret[ZYDIS_MAX_OPERAND_COUNT]);

#endif
