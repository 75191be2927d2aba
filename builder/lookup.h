/*
 * lookup.h - find functions and variables of the targets by what an author
 *            calls them.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_LOOKUP_H
#define OPUS_LOOKUP_H

#include "build.h"
#include "facts.h"

struct candidate {
	size_t target;
	const char *name; /* symbol in the target */
	const char *unit; /* its source file, or "" */
	uint64_t address;
	uint64_t size;
	uint8_t type;     /* STT_... */
	bool global;      /* visible to other units */
	bool tls;
	bool constant;    /* optimised away: has no address */
	bool dropped;     /* ... by the linker: no code of the target names it */
};

#define LOOKUP_MAX 64

struct candidates {
	struct candidate at[LOOKUP_MAX];
	size_t count;
};

/* Add one, unless its address is there. Of too many, global ones stay. */
void candidates_add(struct candidates *c, const struct candidate *new);

/*
 * Functions named `name` (C name, mangled or C++ name, "NAME@VERSION") whose
 * source file's path ends in `unit`. `unit` may be "OBJECT:PATH", which asks
 * for one target as well. The same address is listed once, under its global
 * name if it has one.
 */
void lookup_functions(const struct build *b, const char *name, const char *unit,
		      struct candidates *ret);

/* Variables, likewise; with `function` not "", those inside that function
 * ("FUNCTION:LINE": declared on that line), or with LOOKUP_OUTSIDE those outside
 * of all. */
#define LOOKUP_OUTSIDE "::"
void lookup_variables(const struct build *b, const char *name, const char *unit,
		      const char *function, struct candidates *ret);

/* "a (src/x.c in prog), b (src/y.c in lib.so)": for messages. */
const char *candidates_text(struct build *b, const struct candidates *c);

/* Symbols "NAME.constprop.0" and the like of `name` in a target: separated by
 * ", ", or "". *first gets the address of one of them. */
const char *lookup_clones(struct build *b, size_t target, const char *name,
			  uint64_t *first);

#endif
