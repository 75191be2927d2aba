/*
 * child.c - fork, call, and read back what came of it.
 *
 * Called by:  inject.c, confine.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t transfer(int fd, struct opus_error *err, void *result, size_t size,
			bool out)
{
	struct iovec parts[] = {{err, sizeof(*err)}, {result, size}};
	ssize_t n;

	/* A pipe takes so little at once (PIPE_BUF, pipe(7)). */
	do
		n = out ? writev(fd, parts, 2) : readv(fd, parts, 2);
	while (n < 0 && errno == EINTR);
	return n;
}

enum opus_code child_run(enum opus_code (*work)(void *data, struct opus_error *err),
			 void *data, void *result, size_t size,
			 struct opus_error *err)
{
	ssize_t got;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "no pipe");
	child = fork();
	if (child == 0) {
		err->code = work(data, err);
		transfer(ends[1], err, result, size, true);
		_exit(0);
	}
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return error_set_errno(err, OPUS_RESOURCE, "no process");
	}
	got = transfer(ends[0], err, result, size, false);
	close(ends[0]);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (got != (ssize_t)(sizeof(*err) + size))
		return error_set(err, OPUS_INTERNAL,
				 "the process that was to do it was killed");
	return err->code;
}
