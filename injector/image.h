/*
 * image.h - the agent's file, as much of it as a process needs.
 *
 * Included by: inject.c.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_IMAGE_H
#define OPUS_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#include "common/error.h"
#include "common/joined.h"
#include "remote.h"

struct image {
	uint8_t *bytes; /* segments, without sections; a multiple of a page */
	size_t size;
	struct joined *joined; /* in these; NULL: it has none */
};

/* Read the agent. Errors: OPUS_USAGE (it is not there, or no agent),
 * OPUS_RESOURCE. */
enum opus_code image_init(struct image *image, const char *path,
			  struct opus_error *err) MUST_CHECK;
/* Note in it which call a thread was stopped in, if it was in one. */
void image_join(struct image *image, const struct user_regs_struct *regs);
/* Note in it the alternate signal stack of a thread that is ready for calls, if one
 * of the size that the headers name is too small here. */
enum opus_code image_join_stack(struct image *image, struct remote *r,
				struct opus_error *err) MUST_CHECK;
void image_deinit(struct image *image);

#endif
