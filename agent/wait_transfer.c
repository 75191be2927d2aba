/*
 * wait_transfer.c - transfers and connections that a stop breaks off.
 *
 * Called by:  the host program and its libraries, in place of libc's own.
 * Runs on:    any thread of the host program.
 * Locks:      none of its own.
 * Signal:     as the functions behind them: what POSIX calls async-signal-safe
 *             is so here, since everything is resolved by the constructor.
 *
 * The kernel takes these calls up again after a handler with SA_RESTART, in two
 * cases it does not (signal(7), "Interruption of system calls"):
 *
 * - A socket has a time limit (SO_RCVTIMEO, SO_SNDTIMEO). Then they end with
 *   EINTR, and begun anew they would wait for the whole limit again, which is
 *   in none of their arguments. The handler leaves such an EINTR to the
 *   function here, which waits for the rest of the time and calls again. Until
 *   the first setsockopt() of that kind nothing is noted at all.
 * - A part was sent or received already: then they return its size. Programs
 *   rely on a blocking call to do it all, so the rest follows here.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "restart.h"
#include "wait.h"

#define PUBLIC __attribute__((visibility("default")))
#define NS 1000000000ll

/* R(return type, name, parameters) of the functions behind ours. */
#define REAL(R)                                                               \
	R(ssize_t, read, (int, void *, size_t))                               \
	R(ssize_t, readv, (int, const struct iovec *, int))                   \
	R(ssize_t, recv, (int, void *, size_t, int))                          \
	R(ssize_t, recvfrom, (int, void *, size_t, int, struct sockaddr *, socklen_t *)) \
	R(ssize_t, recvmsg, (int, struct msghdr *, int))                      \
	R(int, recvmmsg, (int, struct mmsghdr *, unsigned, int, struct timespec *)) \
	R(int, accept, (int, struct sockaddr *, socklen_t *))                 \
	R(int, accept4, (int, struct sockaddr *, socklen_t *, int))           \
	R(int, connect, (int, const struct sockaddr *, socklen_t))            \
	R(ssize_t, write, (int, const void *, size_t))                        \
	R(ssize_t, writev, (int, const struct iovec *, int))                  \
	R(ssize_t, send, (int, const void *, size_t, int))                    \
	R(ssize_t, sendto, (int, const void *, size_t, int, const struct sockaddr *, socklen_t)) \
	R(ssize_t, sendmsg, (int, const struct msghdr *, int))                \
	R(int, sendmmsg, (int, struct mmsghdr *, unsigned, int))              \
	R(int, setsockopt, (int, int, int, const void *, socklen_t))          \
	R(ssize_t, getrandom, (void *, size_t, unsigned))

#define R(type, name, parameters) START_DATA static type(*real_##name) parameters;
REAL(R)
#undef R

/* May any socket of the process have a time limit? */
static _Atomic bool limits;

AT_START void wait_init(void)
{
#define R(type, name, parameters) \
	*(void **)&real_##name = dlsym(RTLD_NEXT, #name);
	REAL(R)
#undef R
	/* One that was set before an agent came nobody has seen. */
	if (agent_late)
		atomic_store(&limits, true);
}

/* A library that starts before the agent's constructor may be the first. */
#define NEED(name) ((void)(real_##name || (wait_init(), 0)))

PUBLIC int setsockopt(int fd, int level, int option, const void *value,
		      socklen_t size)
{
	NEED(setsockopt);
	if (level == SOL_SOCKET &&
	    (option == SO_RCVTIMEO || option == SO_SNDTIMEO))
		atomic_store(&limits, true);
	return real_setsockopt(fd, level, option, value, size);
}

/* --- the rest of a time limit --- */

/* What is left of a socket's limit, in ns; -1: it has none; 0: nothing. */
static int64_t rest_of(int fd, int option, uint64_t started_ns)
{
	struct timeval limit;
	socklen_t size = sizeof(limit);
	int64_t ns;

	if (getsockopt(fd, SOL_SOCKET, option, &limit, &size) != 0)
		return -1;
	ns = (int64_t)limit.tv_sec * NS + limit.tv_usec * 1000;
	if (ns == 0)
		return -1;
	ns -= (int64_t)(restart_now() - started_ns);
	return ns > 0 ? ns : 0;
}

/* Whose limit is it, of a call that waits for these events? */
static int limit_option(short events)
{
	return events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO;
}

/* ppoll(2) of one descriptor for so many ns; -1: without limit. The kernel writes the
 * rest back when a stop comes again. */
static int ready_within(struct pollfd *p, int64_t ns)
{
	struct timespec limit = {(time_t)(ns / NS), (long)(ns % NS)};

	return ppoll(p, 1, ns < 0 ? NULL : &limit, NULL);
}

/*
 * After a call on `fd` has failed: true if it is to be called again, which then
 * can go on at once. Otherwise errno is what the caller is to see.
 */
static bool again(const struct restart_note *note, int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t ns;
	int rc;

	if (errno != EINTR || !restart_left())
		return false;
	ns = rest_of(fd, limit_option(events), note->started_ns);
	if (ns < 0)
		return true;
	rc = ready_within(&p, ns);
	if (rc == 0)
		errno = EAGAIN;
	return rc > 0;
}

/* Call libc's function until no stop breaks it off. */
#define REPEAT(name, fd, events, arguments)                                    \
	({                                                                     \
		__typeof__(real_##name arguments) result;                      \
		struct restart_note note = {0};                                \
		NEED(name);                                                    \
		if (__builtin_expect(!limits, 1)) {                            \
			result = real_##name arguments;                        \
		} else {                                                       \
			do {                                                   \
				restart_enter(&note, true);                    \
				result = real_##name arguments;                \
				restart_leave(&note);                          \
			} while (result < 0 && again(&note, fd, events));      \
		}                                                              \
		result;                                                        \
	})

/* `done` of `size` bytes, at the first call: has a stop come in between? */
#define PARTLY(done, size)                                                     \
	((done) > 0 && (size_t)(done) < (size) && restart_broken())

/* /dev/random and /dev/urandom: more than a page of it a signal breaks off. */
static bool is_random(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       (st.st_rdev == makedev(1, 8) || st.st_rdev == makedev(1, 9));
}

PUBLIC ssize_t read(int fd, void *to, size_t size)
{
	ssize_t done, more;

	restart_whole();
	done = REPEAT(read, fd, POLLIN, (fd, to, size));
	if (PARTLY(done, size) && is_random(fd)) {
		more = read(fd, (char *)to + done, size - (size_t)done);
		done += more > 0 ? more : 0;
	}
	return done;
}

PUBLIC ssize_t getrandom(void *to, size_t size, unsigned flags)
{
	ssize_t done, more;

	NEED(getrandom);
	restart_whole();
	done = real_getrandom(to, size, flags);
	if (PARTLY(done, size)) {
		more = getrandom((char *)to + done, size - (size_t)done, flags);
		done += more > 0 ? more : 0;
	}
	return done;
}

PUBLIC ssize_t readv(int fd, const struct iovec *to, int count)
{
	return REPEAT(readv, fd, POLLIN, (fd, to, count));
}

PUBLIC int accept(int fd, struct sockaddr *name, socklen_t *size)
{
	return REPEAT(accept, fd, POLLIN, (fd, name, size));
}

PUBLIC int accept4(int fd, struct sockaddr *name, socklen_t *size, int flags)
{
	return REPEAT(accept4, fd, POLLIN, (fd, name, size, flags));
}

PUBLIC int sendmmsg(int fd, struct mmsghdr *m, unsigned count, int flags)
{
	return REPEAT(sendmmsg, fd, POLLOUT, (fd, m, count, flags));
}

/* What connect() says of a socket whose limit is over: by its family. */
static int limit_over(int fd)
{
	int family = 0;
	socklen_t size = sizeof(family);

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
	return family == AF_UNIX ? EAGAIN :
	       family == AF_VSOCK ? ETIMEDOUT : EINPROGRESS;
}

/* connect() of libc, with `ns` as the socket's limit for this once. */
static int connect_within(int fd, const struct sockaddr *name, socklen_t size,
			  int64_t ns)
{
	struct timeval whole, rest;
	socklen_t length = sizeof(whole);
	int rc, saved;

	if (getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &whole, &length) != 0)
		return real_connect(fd, name, size);
	ns = ns < 1000 ? 1000 : ns; /* 0 would be no limit */
	rest.tv_sec = (time_t)(ns / NS);
	rest.tv_usec = (suseconds_t)(ns % NS / 1000);
	real_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &rest, sizeof(rest));
	rc = real_connect(fd, name, size);
	saved = errno;
	real_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &whole, length);
	errno = saved;
	return rc;
}

/*
 * A connection goes on being made after EINTR, and a second call waits for it
 * (connect(2)); a socket that only waits for room in the other's queue cannot
 * be polled. So the rest of the limit is set for the second call. There is none
 * once all of it is gone: the kernel counts in ticks, and stops that come at every
 * tick would put the end off for as long as they come.
 */
PUBLIC int connect(int fd, const struct sockaddr *name, socklen_t size)
{
	struct restart_note note = {0};
	bool repeated = false;
	int64_t ns = -1;
	int rc;

	NEED(connect);
	if (!limits)
		return real_connect(fd, name, size);
	for (;; repeated = true) {
		restart_enter(&note, true);
		rc = ns < 0 ? real_connect(fd, name, size)
			    : connect_within(fd, name, size, ns);
		restart_leave(&note);
		if (repeated && rc < 0 && errno == EALREADY)
			errno = EINPROGRESS;
		if (rc == 0 || errno != EINTR || !restart_left())
			return rc;
		ns = rest_of(fd, SO_SNDTIMEO, note.started_ns);
		if (ns == 0) {
			errno = limit_over(fd);
			return -1;
		}
	}
}

/* --- the rest of a transfer --- */

/*
 * Can the rest be asked for? An error that has come meanwhile is told once, and has to
 * be there for the program: of a connection that was reset the next read would be the
 * end of the file, the next write SIGPIPE. poll(2) leaves it where it is. Of a pipe no
 * error is kept.
 */
static bool may_go_on(int fd, short events, int flags)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t ns = -1;
	int type;
	socklen_t size = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
		return true;
	if (events == POLLIN && type != SOCK_STREAM)
		return false; /* MSG_WAITALL has no effect there (recv(2)) */
	if (flags & MSG_DONTWAIT || fcntl(fd, F_GETFL) & O_NONBLOCK)
		ns = 0;
	else if (limits)
		ns = rest_of(fd, limit_option(events), restart_now());
	return ready_within(&p, ns) > 0 && !(p.revents & POLLERR) &&
	       (events == POLLIN || !(p.revents & POLLHUP));
}

#define WANTS_ALL(flags) (((flags) & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL)

/* What follows the first `done` bytes, of which the caller waits for all. Returns
 * how many bytes there are then. */
static ssize_t receive_rest(int fd, void *to, size_t size, int flags, ssize_t done)
{
	ssize_t more;

	if (!may_go_on(fd, POLLIN, flags))
		return done;
	more = recv(fd, (char *)to + done, size - (size_t)done, flags);
	return done + (more > 0 ? more : 0);
}

PUBLIC ssize_t recv(int fd, void *to, size_t size, int flags)
{
	ssize_t done;

	restart_whole();
	done = REPEAT(recv, fd, POLLIN, (fd, to, size, flags));
	return WANTS_ALL(flags) && PARTLY(done, size)
		       ? receive_rest(fd, to, size, flags, done) : done;
}

PUBLIC ssize_t recvfrom(int fd, void *to, size_t size, int flags,
			struct sockaddr *name, socklen_t *length)
{
	ssize_t done;

	if (!name)
		return recv(fd, to, size, flags);
	restart_whole();
	done = REPEAT(recvfrom, fd, POLLIN, (fd, to, size, flags, name, length));
	return WANTS_ALL(flags) && PARTLY(done, size)
		       ? receive_rest(fd, to, size, flags, done) : done;
}

PUBLIC ssize_t write(int fd, const void *from, size_t size)
{
	ssize_t done, more;

	restart_whole();
	done = REPEAT(write, fd, POLLOUT, (fd, from, size));
	if (PARTLY(done, size) && may_go_on(fd, POLLOUT, 0)) {
		more = write(fd, (const char *)from + done, size - (size_t)done);
		done += more > 0 ? more : 0;
	}
	return done;
}

PUBLIC ssize_t send(int fd, const void *from, size_t size, int flags)
{
	ssize_t done, more;

	restart_whole();
	done = REPEAT(send, fd, POLLOUT, (fd, from, size, flags));
	if (PARTLY(done, size) && may_go_on(fd, POLLOUT, flags)) {
		more = send(fd, (const char *)from + done, size - (size_t)done,
			    flags);
		done += more > 0 ? more : 0;
	}
	return done;
}

PUBLIC ssize_t sendto(int fd, const void *from, size_t size, int flags,
		      const struct sockaddr *name, socklen_t length)
{
	if (!name)
		return send(fd, from, size, flags);
	return REPEAT(sendto, fd, POLLOUT, (fd, from, size, flags, name, length));
}

static size_t parts_size(const struct iovec *parts, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += parts[i].iov_len;
	return size;
}

/*
 * Send what follows the first `done` bytes of `parts`: the rest of the part that
 * was broken off, then the parts behind it. Returns how many bytes went.
 */
static ssize_t parts_rest(bool socket, int fd, const struct iovec *parts,
			  size_t count, size_t done, int flags)
{
	struct msghdr m = {0};
	ssize_t sum, more;
	const char *at;
	size_t i = 0, rest;

	for (; i < count && done >= parts[i].iov_len; i++)
		done -= parts[i].iov_len;
	if (i == count || !may_go_on(fd, POLLOUT, flags))
		return 0;
	at = (const char *)parts[i].iov_base + done;
	rest = parts[i].iov_len - done;
	sum = socket ? send(fd, at, rest, flags) : write(fd, at, rest);
	if (sum < 0 || (size_t)sum < rest || ++i == count ||
	    !may_go_on(fd, POLLOUT, flags))
		return sum > 0 ? sum : 0;
	m.msg_iov = (struct iovec *)&parts[i];
	m.msg_iovlen = count - i;
	more = socket ? sendmsg(fd, &m, flags)
		      : writev(fd, m.msg_iov, (int)m.msg_iovlen);
	return sum + (more > 0 ? more : 0);
}

/* A stop came in between, and not all of the parts was moved. */
#define PARTS_PARTLY(done, parts, count)                                       \
	((done) > 0 && __builtin_expect(restart_broken(), 0) &&                \
	 (size_t)(done) < parts_size(parts, count))

PUBLIC ssize_t writev(int fd, const struct iovec *from, int count)
{
	ssize_t done;

	restart_whole();
	done = REPEAT(writev, fd, POLLOUT, (fd, from, count));
	if (PARTS_PARTLY(done, from, (size_t)count))
		done += parts_rest(false, fd, from, (size_t)count, (size_t)done,
				   0);
	return done;
}

PUBLIC ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	ssize_t done;

	restart_whole();
	done = REPEAT(sendmsg, fd, POLLOUT, (fd, m, flags));
	if (PARTS_PARTLY(done, m->msg_iov, m->msg_iovlen))
		done += parts_rest(true, fd, m->msg_iov, m->msg_iovlen,
				   (size_t)done, flags);
	return done;
}

/* What follows the first `done` bytes, part by part: descriptors may come with
 * each, for which there is `room`, and end a transfer (unix(7)). */
static ssize_t parts_receive(int fd, struct msghdr *m, size_t room, size_t done,
			     int flags)
{
	ssize_t sum = 0;

	for (size_t i = 0; i < m->msg_iovlen; i++) {
		struct iovec part = m->msg_iov[i];
		struct msghdr rest = {.msg_iov = &part, .msg_iovlen = 1,
				      .msg_control = m->msg_control,
				      .msg_controllen = room};
		size_t skip = done < part.iov_len ? done : part.iov_len;
		ssize_t more;

		done -= skip;
		part.iov_base = (char *)part.iov_base + skip;
		part.iov_len -= skip;
		if (part.iov_len == 0)
			continue;
		if (!may_go_on(fd, POLLIN, flags))
			break;
		more = recvmsg(fd, &rest, flags);
		if (more <= 0)
			break;
		sum += more;
		m->msg_controllen = rest.msg_controllen;
		m->msg_flags = rest.msg_flags;
		if ((size_t)more < part.iov_len || rest.msg_controllen != 0)
			break;
	}
	return sum;
}

PUBLIC ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	size_t room = WANTS_ALL(flags) && m ? m->msg_controllen : 0;
	ssize_t done;

	restart_whole();
	done = REPEAT(recvmsg, fd, POLLIN, (fd, m, flags));
	if (WANTS_ALL(flags) &&
	    PARTS_PARTLY(done, m->msg_iov, m->msg_iovlen) &&
	    m->msg_controllen == 0 && !(m->msg_flags & (MSG_EOR | MSG_TRUNC)))
		done += parts_receive(fd, m, room, (size_t)done, flags);
	return done;
}

#define ERESTARTSYS 512 /* of the kernel alone */

/*
 * Broken off behind the first message it returns how many there are, and the kernel
 * keeps the interruption for the next call as if it were an error of the socket
 * (recvmmsg(2), BUGS), for which it has no name outside.
 */
PUBLIC int recvmmsg(int fd, struct mmsghdr *m, unsigned count, int flags,
		    struct timespec *limit)
{
	int done, more, why = 0;
	socklen_t size = sizeof(why);

	restart_whole();
	done = REPEAT(recvmmsg, fd, POLLIN, (fd, m, count, flags, limit));
	if (done <= 0 || (unsigned)done >= count || !restart_broken() ||
	    flags & (MSG_DONTWAIT | MSG_WAITFORONE) ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) != 0 ||
	    (why != ERESTARTSYS && why != EINTR))
		return done;
	more = recvmmsg(fd, m + done, count - (unsigned)done, flags, limit);
	return done + (more > 0 ? more : 0);
}

/* --- with _FORTIFY_SOURCE --- */

void __chk_fail(void) __attribute__((noreturn));

#define CHECKED(name, parameters, size, arguments)                             \
	ssize_t __##name##_chk parameters;                                     \
	PUBLIC ssize_t __##name##_chk parameters                               \
	{                                                                      \
		if (size > room)                                               \
			__chk_fail(); /* the host's own check */               \
		return name arguments;                                         \
	}

CHECKED(read, (int fd, void *to, size_t size, size_t room), size, (fd, to, size))
CHECKED(recv, (int fd, void *to, size_t size, size_t room, int flags), size,
	(fd, to, size, flags))
CHECKED(recvfrom, (int fd, void *to, size_t size, size_t room, int flags,
		   struct sockaddr *name, socklen_t *length), size,
	(fd, to, size, flags, name, length))
