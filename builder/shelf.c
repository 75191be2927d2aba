/*
 * shelf.c - many texts that have most of their parts in common.
 *
 * Called by:  lex.c, for unit.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "shelf.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct piece {
	size_t size;
	const char *bytes;
};

/* No order that anybody reads: most pieces are told apart by their size. */
static int piece_compare(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return memcmp(x->bytes, y->bytes, x->size);
}

/* The piece as it lies on the shelf; NULL: out of memory. */
static const struct piece *piece_keep(struct shelf *s, const char *bytes, size_t size)
{
	struct piece wanted = {size, bytes}, *own;
	void *known = tfind(&wanted, &s->pieces, piece_compare);

	if (known)
		return *(struct piece *const *)known;
	own = malloc(sizeof(*own) + size);
	if (!own)
		return NULL;
	memcpy(own + 1, bytes, size);
	*own = (struct piece){size, (const char *)(own + 1)};
	if (!tsearch(own, &s->pieces, piece_compare)) {
		free(own);
		return NULL;
	}
	return own;
}

/* A piece ends before a directive at the start of a line: it is a line marker, and
 * another header begins or goes on there. Where a "#" stands so by chance the text
 * is cut there, too, and put together again. */
static size_t piece_size(const char *bytes, size_t size)
{
	const char *end = bytes + size;

	for (const char *p = bytes; (p = memchr(p, '\n', (size_t)(end - p))) != NULL;)
		if (++p < end && *p == '#')
			return (size_t)(p - bytes);
	return size;
}

static size_t pieces_count(const char *bytes, size_t size)
{
	size_t count = 0;

	for (size_t at = 0; at < size; count++)
		at += piece_size(bytes + at, size - at);
	return count;
}

enum opus_code shelf_put(struct shelf *s, const char *bytes, size_t size,
			 struct shelved *ret, struct opus_error *err)
{
	/* An empty text has no piece, and is there all the same. */
	const struct piece **piece = calloc(pieces_count(bytes, size) + 1, sizeof(*piece));
	size_t n = 0;

	*ret = (struct shelved){piece, 0, piece ? size : 0};
	for (size_t at = 0; piece && at < size; at += n) {
		n = piece_size(bytes + at, size - at);
		piece[ret->pieces] = piece_keep(s, bytes + at, n);
		if (!piece[ret->pieces++]) {
			shelved_deinit(ret);
			piece = NULL;
		}
	}
	return piece ? OPUS_OK : error_set(err, OPUS_RESOURCE, "out of memory");
}

void shelf_deinit(struct shelf *s)
{
	tdestroy(s->pieces, free);
	s->pieces = NULL;
}

char *shelved_bytes(const struct shelved *t)
{
	char *bytes = malloc(t->size + 1), *p = bytes;

	for (size_t i = 0; bytes && i < t->pieces; i++)
		p = mempcpy(p, t->piece[i]->bytes, t->piece[i]->size);
	if (bytes)
		*p = 0;
	return bytes;
}

bool shelved_same(const struct shelved *a, const struct shelved *b)
{
	return a->piece && b->piece && a->pieces == b->pieces &&
	       memcmp(a->piece, b->piece, a->pieces * sizeof(*a->piece)) == 0;
}

void shelved_deinit(struct shelved *t)
{
	free(t->piece);
	*t = (struct shelved){0};
}
