/*
 * jail.c - a descriptor for a process, by two calls that it makes.
 *
 * Called by:  inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The loader opens a path, and what leads from a descriptor to a path is /proc.
 * Without one, the process makes a pair of sockets; one of them we take by
 * pidfd_getfd(2), send its folder of /proc through it, and the process receives
 * that. No name is needed, so neither folder nor network namespace matters.
 */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "proc.h"

/* What the target's calls point to. */
struct letter {
	int pair[2];
	char byte;
	struct iovec part;
	struct msghdr head;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
};

_Static_assert(sizeof(struct letter) <= JAIL_MEMORY, "room");

bool jail_is(pid_t view)
{
	char path[64];
	struct stat st;

	/* The link alone: where it leads depends on who asks. ESRCH: the root is a
	 * folder of a process that has ended, as Chromium's sandbox has it. */
	snprintf(path, sizeof(path), "/proc/%d/root/proc/self", view);
	return lstat(path, &st) != 0 && (errno == ENOENT || errno == ESRCH);
}

enum opus_code jail_check(const struct target *t, struct opus_error *err)
{
	if (target_has_filter(t))
		return error_set(err, OPUS_NO_AGENT,
			"there is no /proc in its root folder, by which the agent "
			"would be loaded, and a seccomp filter is on; start it "
			"with the agent, or use --suspend-seccomp");
	return OPUS_OK;
}

static enum opus_code call_failed(const char *what, int error,
				  struct opus_error *err)
{
	errno = error;
	return error_set_errno(err, OPUS_RESOURCE,
			       "there is no /proc in its root folder, and its own "
			       "cannot be given to it: %s", what);
}

/* From outside: through its socket `number`. */
static enum opus_code folder_send(pid_t view, int number, struct opus_error *err)
{
	int pidfd CLEANUP(cleanup_close) = (int)syscall(SYS_pidfd_open, view, 0);
	int end CLEANUP(cleanup_close) =
		(int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	char path[32], control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
	struct iovec part = {&byte, 1};
	struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&head);

	if (end < 0)
		return call_failed("pidfd_getfd", errno, err);
	snprintf(path, sizeof(path), "/proc/%d", view);
	int folder CLEANUP(cleanup_close) =
		open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &folder, sizeof(int));
	if (sendmsg(end, &head, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
		return call_failed("sendmsg", errno, err);
	return OPUS_OK;
}

static enum opus_code folder_receive(struct remote *r, struct jail_memory m,
				     int *ret, struct opus_error *err)
{
	struct letter *l = m.here;
	const uint64_t args[6] = {(uint64_t)l->pair[0],
				  m.there + offsetof(struct letter, head),
				  MSG_CMSG_CLOEXEC | MSG_DONTWAIT};
	uint64_t result;
	enum opus_code code;

	/* Addresses of the target. */
	l->part.iov_base = (void *)(m.there + offsetof(struct letter, byte));
	l->part.iov_len = 1;
	l->head.msg_iov = (void *)(m.there + offsetof(struct letter, part));
	l->head.msg_iovlen = 1;
	l->head.msg_control = (void *)(m.there + offsetof(struct letter, control));
	l->head.msg_controllen = sizeof(l->control);
	code = remote_call(r, SYS_recvmsg, args, &result, err);
	if (code != OPUS_OK)
		return code;
	if (result != 1 || l->control.align.cmsg_len != CMSG_LEN(sizeof(int)) ||
	    l->control.align.cmsg_type != SCM_RIGHTS)
		return call_failed("recvmsg", result == 1 ? EMFILE : -(int)result,
				   err);
	memcpy(ret, CMSG_DATA(&l->control.align), sizeof(int));
	return OPUS_OK;
}

enum opus_code jail_give(struct remote *r, pid_t view, struct jail_memory m,
			 int *ret, struct opus_error *err)
{
	struct letter *l = m.here;
	const uint64_t args[6] = {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, m.there};
	struct opus_error ignored;
	uint64_t result;
	enum opus_code code;

	memset(l, 0, sizeof(*l));
	code = remote_call(r, SYS_socketpair, args, &result, err);
	if (code != OPUS_OK)
		return code;
	if (result != 0)
		return call_failed("socketpair", -(int)result, err);
	code = folder_send(view, l->pair[1], err);
	if (code == OPUS_OK)
		code = folder_receive(r, m, ret, err);
	for (int i = 0; i < 2; i++) {
		const uint64_t fd[6] = {(uint64_t)l->pair[i]};

		(void)!remote_call(r, SYS_close, fd, &result, &ignored);
	}
	return code;
}
