/*
 * signature.h - parameters and result of a function, as the ABI sees them.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      safe: no heap.
 */
#ifndef OPUS_SIGNATURE_H
#define OPUS_SIGNATURE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>

#define SIGNATURE_TEXT 240

struct signature {
	bool known; /* there was debug information about all of it */
	bool variadic;
	int vectors;     /* vector registers used, at most */
	int stack_words; /* 8-byte words on the stack, at most */
	/* One word per parameter, the result first: "int4 ptr struct16 ..." */
	char text[SIGNATURE_TEXT];
};

/* Describe the function, or leave `ret` unknown. */
void signature_read(Dwarf_Die *function, struct signature *ret);

/*
 * Parameters that DWARF places, at the entry, neither in a register nor in
 * memory: their names by the register (rdi rsi rdx rcx r8 r9) that the ABI
 * gives them, else NULL; and the first that is passed in another way. A compiler
 * that knows all callers (clang, of a static function) may have found them unused
 * or constant; then callers pass anything, and others in their place.
 */
enum { SIGNATURE_OTHER = 6, SIGNATURE_DROPPED };
void signature_dropped(Dwarf_Die *function, const char *ret[SIGNATURE_DROPPED]);

/* Has it a result in two registers, of which such a compiler may leave one out? */
bool signature_shrinks(Dwarf_Die *function);

/* Set (code.h) of the registers in which the result comes back; all that there
 * are if it is not known. A thunk must not restore them. */
unsigned int signature_result(const struct signature *s);

/* True if a caller of `before` may call `after` instead. Unknown ones fit. */
bool signature_fits(const struct signature *before, const struct signature *after);

#endif
