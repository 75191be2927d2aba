/*
 * patch_file.h - a patch file, opened and checked.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_PATCH_FILE_H
#define OPUS_PATCH_FILE_H

#include "common/plan.h"
#include "options.h"

struct patch_file {
	const char *path;
	int fd;        /* -1: none */
	void *content; /* a copy: the file may be cut while we read */
	size_t size;
	struct plan plan;
};

/*
 * Open, read and check a patch file. patch_file_deinit() in any case.
 * Errors: OPUS_UNREADABLE (missing, no rights, not a regular file),
 * OPUS_INVALID, OPUS_RESOURCE.
 */
enum opus_code patch_file_init(struct patch_file *f, const char *path,
			       struct opus_error *err) MUST_CHECK;
void patch_file_deinit(struct patch_file *f);

/* Every --arg must be an argument of some hook. Errors: OPUS_USAGE. */
enum opus_code patch_file_check_args(const struct patch_file *f,
				     const struct options *o,
				     struct opus_error *err) MUST_CHECK;

#endif
