/*
 * Blocking transfers that are larger than what fits, each in a thread of its
 * own, with a slow other side. Whatever comes in between, a call has to move
 * all of it.
 *
 *   start -> "started"
 *   count -> how many rounds the slowest has made
 *   stop  -> what was wrong, or "nothing"
 *   call  -> result of work()
 */
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "target.h"

#define SIZE 400000
#define KINDS 10
#define RECEIVES 6 /* from here on */
#define DESCRIPTOR 9 /* the last piece has one with it */

static unsigned char pattern[SIZE];
static volatile int stop, zero;
static volatile long rounds[KINDS];
static char wrong[256] = "nothing";

struct side {
	int kind, fd, other;
};

ATTR int work(int value)
{
	return value + 1 + zero;
}

/* The first is told: what comes after it follows from it. */
static __attribute__((format(printf, 1, 2))) void tell(const char *format, ...)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	va_list list;

	if (stop)
		return;
	va_start(list, format);
	pthread_mutex_lock(&lock);
	if (!strcmp(wrong, "nothing"))
		vsnprintf(wrong, sizeof(wrong), format, list);
	pthread_mutex_unlock(&lock);
	va_end(list);
}

static ssize_t by_writev(int fd)
{
	struct iovec parts[3] = { { pattern, 1000 }, { pattern + 1000, 300000 },
				  { pattern + 301000, SIZE - 301000 } };

	return writev(fd, parts, 3);
}

static ssize_t by_sendmsg(int fd)
{
	struct iovec parts[2] = { { pattern, 200000 },
				  { pattern + 200000, SIZE - 200000 } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };

	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static ssize_t by_recvmsg(int fd, unsigned char *to, int wanted)
{
	struct iovec parts[3] = { { to, 1000 }, { to + 1000, 300000 },
				  { to + 301000, SIZE - 301000 } };
	union control control;
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 3,
			    .msg_control = &control,
			    .msg_controllen = wanted ? sizeof(control) : 0 };
	ssize_t n = recvmsg(fd, &m, MSG_WAITALL);
	int got;

	if (wanted && n > 0 && !CMSG_FIRSTHDR(&m)) {
		tell("no descriptor came");
	} else if (wanted && n > 0) {
		memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(got));
		close(got);
	}
	return n;
}

/* Write to a socket, and pass a descriptor on with it. */
static ssize_t write_with(int fd, const unsigned char *from, size_t size)
{
	struct iovec part = { (void *)from, size };
	union control control;
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };

	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static ssize_t write_piece(const struct side *s, size_t at)
{
	size_t size = SIZE - at < 20000 ? SIZE - at : 20000;

	if (s->kind == DESCRIPTOR && at + size == SIZE)
		return write_with(s->other, pattern + at, size);
	return write(s->other, pattern + at, size);
}

/* One call that has to move SIZE bytes. */
static ssize_t transfer(int kind, int fd, unsigned char *to)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	switch (kind) {
	case 0: case 1: return write(fd, pattern, SIZE);
	case 2: return send(fd, pattern, SIZE, MSG_NOSIGNAL);
	case 3: return sendto(fd, pattern, SIZE, MSG_NOSIGNAL, NULL, 0);
	case 4: return by_writev(fd);
	case 5: return by_sendmsg(fd);
	case 6: return recv(fd, to, SIZE, MSG_WAITALL);
	case 7: return recvfrom(fd, to, SIZE, MSG_WAITALL, (struct sockaddr *)&name,
				&length);
	default: return by_recvmsg(fd, to, kind == DESCRIPTOR);
	}
}

/* A little now and then, so that the call on the other side waits often. */
static void *slow(void *argument)
{
	struct side *s = argument;
	static __thread unsigned char buffer[SIZE];
	int fd = s->other;

	while (!stop) {
		size_t at = 0;

		while (at < SIZE && !stop) {
			ssize_t n = s->kind >= RECEIVES
				? write_piece(s, at)
				: read(fd, buffer + at, SIZE - at < 20000 ? SIZE - at : 20000);

			if (n <= 0)
				return NULL;
			at += (size_t)n;
			usleep(500);
		}
		if (at == SIZE && s->kind < RECEIVES && memcmp(buffer, pattern, SIZE))
			tell("kind %d: other bytes", s->kind);
	}
	return NULL;
}

static void *quick(void *argument)
{
	struct side *s = argument;
	static __thread unsigned char buffer[SIZE];

	while (!stop) {
		ssize_t n = transfer(s->kind, s->fd, buffer);

		if (n != SIZE)
			tell("kind %d: %zd of %d bytes (%s)", s->kind, n, SIZE,
			     n < 0 ? strerror(errno) : "");
		if (s->kind >= RECEIVES && memcmp(buffer, pattern, SIZE))
			tell("kind %d: other bytes", s->kind);
		rounds[s->kind]++;
	}
	return NULL;
}

static void start(void)
{
	static struct side sides[KINDS];
	pthread_t thread;

	for (unsigned i = 0; i < SIZE; i++)
		pattern[i] = (unsigned char)(i * 2654435761u >> 13);
	for (int i = 0; i < KINDS; i++) {
		int fd[2];

		if (i == 0 ? pipe(fd) : socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
			die("pair");
		sides[i] = (struct side){ i, fd[1], fd[0] };
		if (pthread_create(&thread, NULL, slow, &sides[i]) ||
		    pthread_create(&thread, NULL, quick, &sides[i]))
			die("pthread_create");
	}
}

int main(void)
{
	char line[64];

	while (next(line, sizeof(line))) {
		if (!strcmp(line, "start")) {
			start();
			say("started");
		} else if (!strcmp(line, "count")) {
			long least = rounds[0];

			for (int i = 1; i < KINDS; i++)
				least = rounds[i] < least ? rounds[i] : least;
			say("%ld", least);
		} else if (!strcmp(line, "stop")) {
			say("%s", wrong);
			stop = 1;
		} else if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else {
			die("no such command");
		}
	}
	return 0;
}
