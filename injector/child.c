/*
 * child.c - fork, call, and read back what came of it.
 *
 * Called by:  inject.c, confine.c, unmask.c, vfork.c, suspend.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interrupt.h"

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

/* A terminal stops all of us at once (Ctrl-Z): the command may be, but not whoever
 * holds a thread of the target. */
static void stops_ignore(void)
{
	signal(SIGTSTP, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
}

/* Whoever reads what we print, to its end, does not wait for a child that was given
 * up. */
static void output_close(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; fd > 2 && i <= 2; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* False: it does not get over its start, and was given up. */
static bool start_wait(pid_t child, int end, const struct child_start *start,
		       uint64_t limit_ns)
{
	uint64_t until = interrupt_clock() + limit_ns / 2;
	struct pollfd p = {.fd = end, .events = POLLIN};
	char now[WATCH_NOTE] = "", last[WATCH_NOTE] = "";

	while (interrupt_poll(&p, 1, until, true) != INTERRUPT_READY && !start->over) {
		/* A slow disk is not silent: it is at the next file by then. */
		memcpy(last, now, sizeof(last));
		memcpy(now, start->note, sizeof(now) - 1);
		if (strcmp(now, last) == 0 && !watch_is_running(child)) {
			kill(child, SIGKILL);
			waitpid(child, NULL, WNOHANG);
			return false;
		}
		until = interrupt_clock() + limit_ns / 2;
	}
	return true;
}

enum opus_code child_run(enum opus_code (*work)(void *data, struct opus_error *err),
			 void *data, void *result, size_t size,
			 struct opus_error *err)
{
	return child_run_start(work, data, result, size, NULL, 0, err);
}

struct child_start *child_start_make(void)
{
	void *shared = mmap(NULL, sizeof(struct child_start), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

void child_start_free(struct child_start *start)
{
	if (start)
		munmap(start, sizeof(*start));
}

enum opus_code child_run_start(enum opus_code (*work)(void *data,
						      struct opus_error *err),
			       void *data, void *result, size_t size,
			       struct child_start *start, uint64_t limit_ns,
			       struct opus_error *err)
{
	ssize_t got;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "no pipe");
	child = fork();
	if (child == 0) {
		stops_ignore();
		if (start) {
			output_close();
			watch_note_to(start->note);
		}
		err->code = work(data, err);
		transfer(ends[1], err, result, size, true);
		_exit(0);
	}
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return error_set_errno(err, OPUS_RESOURCE, "no process");
	}
	if (start && !start_wait(child, ends[0], start, limit_ns)) {
		close(ends[0]);
		return watch_silent(start->note, err);
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

/* In the child: never returns. */
static void hold_run(void (*hold)(const void *data, int tell, int end),
		     const void *data, const int told[2], const int end[2])
{
	close(told[0]);
	close(end[1]);
	hold(data, told[1], end[0]);
	_exit(0);
}

enum opus_code child_hold(struct child *c,
			  void (*hold)(const void *data, int tell, int end),
			  const void *data, void *told, size_t size,
			  struct opus_error *err)
{
	int tell[2], end[2];
	ssize_t got;

	if (pipe2(tell, O_CLOEXEC) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "no pipe");
	if (pipe2(end, O_CLOEXEC) != 0) {
		close(tell[0]);
		close(tell[1]);
		return error_set_errno(err, OPUS_RESOURCE, "no pipe");
	}
	c->pid = fork();
	if (c->pid == 0) {
		stops_ignore();
		hold_run(hold, data, tell, end);
	}
	c->end = end[1];
	close(end[0]);
	close(tell[1]);
	do
		got = read(tell[0], told, size);
	while (got < 0 && errno == EINTR);
	close(tell[0]);
	if (got == (ssize_t)size)
		return OPUS_OK;
	child_release(c, 0);
	return error_set(err, OPUS_RESOURCE,
			 "the process that was to do it was killed");
}

void child_release(struct child *c, uint64_t limit_ns)
{
	struct pollfd ended;

	if (c->pid == 0)
		return;
	close(c->end);
	ended = (struct pollfd){.fd = (int)syscall(SYS_pidfd_open, c->pid, 0),
				.events = POLLIN};
	if (ended.fd >= 0) {
		(void)interrupt_poll(&ended, 1, interrupt_clock() + limit_ns, true);
		close(ended.fd);
	}
	if (c->pid > 0)
		waitpid(c->pid, NULL, WNOHANG);
	c->pid = 0;
}
