/*
 * chunk.c - read a body that comes in chunks. This one has a hole.
 *
 * Called by:  server.c.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     unsafe.
 *
 * It is that of CVE-2002-0392 in Apache httpd: the size of a chunk is a
 * hexadecimal number of any length, which is added up in a signed variable. A
 * large one is negative, so it is less than the room that is left, and as a
 * number of bytes to copy it is huge again.
 */
#include "chunk.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

bool request_fill(struct request *r)
{
	ssize_t got;

	if (r->seen == r->have)
		r->seen = r->have = 0;
	if (r->have == sizeof(r->input))
		return false;
	got = recv(r->fd, r->input + r->have, sizeof(r->input) - (size_t)r->have, 0);
	if (got > 0)
		r->have += (int)got;
	return got > 0;
}

static int next_byte(struct request *r)
{
	if (r->seen == r->have && !request_fill(r))
		return -1;
	return (unsigned char)r->input[r->seen++];
}

/* The line that begins a chunk: its size. */
static long chunk_size(struct request *r)
{
	long size = 0;
	int c;

	while (isxdigit(c = next_byte(r)))
		size = size * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
	while (c != '\n' && c >= 0)
		c = next_byte(r);
	return size;
}

/* The bytes of a chunk, behind those of the last; false at an early end. */
static bool chunk_data(struct request *r, long size)
{
	size_t left = (size_t)size;

	while (left > 0) {
		size_t part = (size_t)(r->have - r->seen);

		part = part < left ? part : left;
		if (part == 0 && !request_fill(r))
			return false;
		memcpy(r->body + r->size, r->input + r->seen, part);
		r->seen += (int)part;
		r->size += (int)part;
		left -= part;
	}
	return true;
}

int request_skip(struct request *r)
{
	long size;

	while ((size = chunk_size(r)) != 0) {
		while (size-- > 0)
			if (next_byte(r) < 0)
				return 200;
		while (next_byte(r) == '\r')
			;
	}
	return 200;
}

int request_body(struct request *r)
{
	long size;

	while ((size = chunk_size(r)) != 0) {
		if (size > (long)sizeof(r->body) - r->size)
			return 413;
		if (!chunk_data(r, size))
			break; /* no more will come: what there is counts */
		r->chunks++;
		while (next_byte(r) == '\r')
			;
	}
	return 200;
}
