/*
 * shelf.h - many texts that have most of their parts in common.
 *
 * Included by: builder/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 *
 * A header that hundreds of units read has the preprocessor write out, for each
 * of them, all the other headers that they read: megabytes a text, four texts a
 * unit, and the same few thousand pieces again and again. Each piece lies on the
 * shelf once; a text is the list of its pieces until somebody needs it whole.
 */
#ifndef OPUS_SHELF_H
#define OPUS_SHELF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/* What the texts are made of; empty if it is zero. */
struct shelf {
	void *pieces; /* a tree of tsearch(3) */
};

struct piece;

/* A text on a shelf. It lasts as long as the shelf does. */
struct shelved {
	const struct piece **piece; /* NULL: there is none */
	size_t pieces;
	size_t size; /* of the text, in bytes */
};

/* Put the text there. The caller gives *ret back with shelved_deinit(). Errors:
 * OPUS_RESOURCE; *ret is empty then. */
enum opus_code shelf_put(struct shelf *s, const char *bytes, size_t size,
			 struct shelved *ret, struct opus_error *err) MUST_CHECK;
void shelf_deinit(struct shelf *s);

/* The whole text, and a NUL behind it, for the caller to free; NULL: out of memory. */
char *shelved_bytes(const struct shelved *t) MUST_CHECK;

/* Are there two texts of one shelf, and the same ones? */
bool shelved_same(const struct shelved *a, const struct shelved *b);

void shelved_deinit(struct shelved *t);

#endif
