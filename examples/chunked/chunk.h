/*
 * chunk.h - a request whose body comes in chunks (RFC 9112, 7.1).
 *
 * Included by: chunk.c, server.c.
 * Runs on:     any thread.
 * Locks:       none.
 * Signal:      unsafe.
 */
#ifndef CHUNK_H
#define CHUNK_H

#include <stdbool.h>

struct request {
	int fd;
	int seen;          /* bytes of input[] that are used up */
	int have;          /* bytes of input[] that hold something */
	char input[1024];  /* as it comes from the connection */
	char body[512];
	char user[16];     /* who asks, by the header "User:" */
	int size;          /* of the body */
	int chunks;
};

/* Read on; false at the end of the connection. */
bool request_fill(struct request *r);

/* Read the body of a request whose head has been read. Returns 200, or the
 * status of what is wrong. */
int request_body(struct request *r);
/* The same for a body that nobody wants. */
int request_skip(struct request *r);

#endif
