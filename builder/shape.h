/*
 * shape.h - the code of each function and the first value of each variable in
 *           an object file, boiled down to numbers that two compilations can be
 *           compared by.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_SHAPE_H
#define OPUS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* A function with all that the compiler made of it: parts, clones, constants
 * and tables of its own; or a variable, all static ones of a name together. */
struct shape {
	char *name; /* as the assembler knows it, without clone suffixes */
	uint64_t sum;
	bool constant; /* variable: it lies where nothing writes */
};

struct shapes {
	struct shape *shape; /* by name */
	size_t count;
};

/*
 * Read an object that was compiled with -ffunction-sections and
 * -fdata-sections: its functions and its variables. The caller gives both back
 * with shapes_deinit(). Errors: OPUS_UNREADABLE, OPUS_INVALID, OPUS_RESOURCE.
 */
enum opus_code shapes_read(const char *path, struct shapes *ret, struct shapes *values,
			   struct opus_error *err) MUST_CHECK;
void shapes_deinit(struct shapes *s);

/* By name, or NULL. */
const struct shape *shapes_find(const struct shapes *s, const char *name);

#endif
