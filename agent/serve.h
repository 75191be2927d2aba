/*
 * serve.h - one connection of opus-send, and the answers to its requests.
 *
 * Included by: control.c.
 * Runs on:     agent thread.
 * Locks:       see update.h.
 * Signal:      unsafe.
 */
#ifndef OPUS_SERVE_H
#define OPUS_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "descriptor.h"

#define SERVE_CLIENTS 8

struct serve_client {
	bool open;
	bool owner;   /* asked for the update that is pending */
	bool waiting; /* wants to be told how it ends */
	bool ended;   /* it was the owner's, and ended before it could WAIT */
	struct opus_error end; /* how, if `ended` */
	struct descriptor socket;
	uint32_t serial; /* of the request that waits */
	uint64_t interval_ns, progress_at_ns;
};

/* A new connection; takes the descriptor and says HELLO. */
void serve_open(struct serve_client *c, int fd);
void serve_close(struct serve_client *c);
/* Serve what has come in; never waits. `all`: SERVE_CLIENTS clients, some of
 * which may wait for an update that this request ends. */
void serve_read(struct serve_client *c, struct serve_client *all);
/* Send PROGRESS if it is due; returns the time until the next one. */
uint64_t serve_progress(struct serve_client *c);
/* Tell everybody who waits how the update ended. */
void serve_ended(struct serve_client *all, enum opus_code code,
		 const struct opus_error *err);

#endif
