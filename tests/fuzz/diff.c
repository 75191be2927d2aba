/*
 * diff.c - fuzz the reader of diffs.
 *
 * Called by:  libFuzzer; see tests/fuzz/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "builder/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct build_options options = {0};
	struct build b = {.options = &options};
	struct opus_error err = {0};
	char path[64];
	int fd = memfd_create("diff", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	options.diff = path;
	b.diff = calloc(1, sizeof(*b.diff));
	b.diff->path = path;
	b.diff->root = b.diff->view = "/usr/share"; /* some files, for the strip level */
	if (diff_files(&b, &err) == OPUS_OK)
		for (size_t i = 0; i < b.diff->files; i++)
			if (strncmp(b.diff->file[i], b.diff->view, strlen(b.diff->view)) != 0 ||
			    strstr(b.diff->file[i], "/../"))
				abort();
	diff_destroy(b.diff, 0);
	for (size_t i = 0; i < b.texts; i++)
		free(b.text[i]);
	free(b.text);
	close(fd);
	return 0;
}
