/*
 * pass_output.c - check the finished patch and write it to its place.
 *
 * Called by:  build.c.  Needs image with the plan inside; leaves the file.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The check is the reader's own: what we cannot open, nobody can. A file of
 * that name is replaced in one step, so that nobody sees half of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "common/cleanup.h"

static bool bytes_write(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR && !build_interrupted)
			continue;
		if (n <= 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

static enum opus_code file_write(const struct build *b, struct opus_error *err)
{
	const char *path = b->output, *shown = b->options->output;
	const char *slash = strrchr(path, '/');
	CLEANUP(cleanup_free) char *temp = NULL;
	CLEANUP(cleanup_close) int fd = -1;
	enum opus_code code = OPUS_OK;
	mode_t mask = umask(0);

	umask(mask);
	if (asprintf(&temp, "%.*s.%s.XXXXXX", slash ? (int)(slash - path + 1) : 0,
		     path, slash ? slash + 1 : path) < 0) {
		temp = NULL;
		return error_set(err, OPUS_RESOURCE, "out of memory");
	}
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, OPUS_RESOURCE, "cannot write %s", shown);
	if (!bytes_write(fd, b->image, b->image_size) ||
	    fchmod(fd, 0644 & ~mask) != 0 || build_interrupted ||
	    rename(temp, path) != 0) {
		code = error_set_errno(err, OPUS_RESOURCE, "cannot write %s", shown);
		unlink(temp);
	}
	return code;
}

static void summary_print(const struct build *b)
{
	printf("%s: patch %s, %zu function%s, %zu reference%s, %zu hook%s, %zu bytes\n",
	       b->options->output, b->name, b->replaces, b->replaces == 1 ? "" : "s",
	       b->refs, b->refs == 1 ? "" : "s", b->hooks, b->hooks == 1 ? "" : "s",
	       b->image_size);
}

enum opus_code pass_output(struct build *b, struct opus_error *err)
{
	struct plan plan;
	enum opus_code code = plan_open(b->image, b->image_size, &plan, err);

	if (code == OPUS_OK)
		code = file_write(b, err);
	if (code == OPUS_OK && !b->options->json)
		summary_print(b);
	return code;
}
