/*
 * code.h - who calls whom in a target, and which registers its code uses.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_CODE_H
#define OPUS_CODE_H

#include "decode.h"
#include "object.h"

/* A set of registers: bits 0 to 15 general (in the order of their numbers:
 * rax rcx rdx rbx rsp rbp rsi rdi r8 ...), 16 to 31 xmm0 to xmm15. */
typedef uint32_t regset;

#define REGSET_GENERAL(n) (1u << (n))
#define REGSET_VECTOR(n) (1u << (16 + (n)))
/* What a function may change by the ABI: rax rcx rdx rsi rdi r8-r11, xmm. */
#define REGSET_CLOBBERED 0xffff0fc7u
/* General registers that carry arguments: rdi rsi rdx rcx r8 r9. */
#define REGSET_ARGUMENTS 0x000003c6u
/* xmm0 to xmm7. */
#define REGSET_VECTOR_ARGUMENTS 0x00ff0000u

struct code_use {
	regset read;
	regset written;
	bool wide;   /* names 256-bit registers */
	bool stores; /* changes memory that is not its stack, or calls */
	bool widest; /* names 512-bit or mask registers */
};

/* Add what one instruction names, implicit operands included. */
void code_use_add(const struct decoded *d, struct code_use *use);

/* A call, or jump out of its frame. */
struct code_edge {
	uint64_t site;
	uint64_t to; /* or the place of a pointer to it */
	bool call;
};

struct code_edges {
	struct code_edge *edge; /* by `to` */
	size_t count;
	bool known;
};

/* All edges of a target: every frame is decoded once. The caller frees
 * ret->edge. Errors: OPUS_RESOURCE. */
enum opus_code code_edges_find(const struct object *o, struct code_edges *ret,
			       struct opus_error *err) MUST_CHECK;

/* The first edge to `address`; *count gets how many follow each other. */
const struct code_edge *code_edges_to(const struct code_edges *e,
				      uint64_t address, size_t *count);

/* True if the address lies in a procedure linkage table. */
bool code_is_plt(const struct object *o, uint64_t address);

/* Extent of the code at `address`: its frame, or else its symbol. */
bool code_extent(const struct object *o, uint64_t address,
		 struct object_frame *ret);

#endif
