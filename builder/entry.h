/*
 * entry.h - can a jump be written at the start of a function?
 *
 * Included by: builder/, tests/unit/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe: no heap, no state; messages are formatted.
 *
 *   entry            jump_at          + length
 *     | endbr64 (or no) | insn | insn | insn |  rest of the function
 *                       `-- jmp *slot(%rip) --'   six bytes of it
 *
 *   moved:              | insn | insn, displacement left open | insn |
 *
 * The displaced instructions are moved to the agent's near area. Whoever is to
 * run the old function runs them there and jumps to entry + jump_at + length.
 */
#ifndef OPUS_ENTRY_H
#define OPUS_ENTRY_H

#include "build.h"

/* The code of a function as far as it matters at its entry. */
struct entry_code {
	const uint8_t *bytes;
	uint64_t address;
	uint64_t size;   /* of its main range */
	uint64_t usable; /* size, or more if padding follows that is nobody's */
};

struct entry_fault {
	char why[160];
};

/*
 * Decode, relocate and describe the displaced instructions. False with the
 * reason in `fault` if they cannot be moved. Does not look at the rest of the
 * function: pass_entry.c does.
 */
bool entry_move(const struct entry_code *code, struct entry *ret,
		struct entry_fault *fault);

/* True if `address` lies strictly inside the displaced bytes, where nobody may
 * jump to any more. */
bool entry_inside(const struct entry *e, uint64_t entry, uint64_t address);

#endif
