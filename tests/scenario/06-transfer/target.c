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
#include <sys/socket.h>
#include <sys/uio.h>

#include "target.h"

#define SIZE 400000
#define KINDS 8
#define RECEIVES 6 /* from here on */

static unsigned char pattern[SIZE];
static volatile int stop, zero;
static volatile long rounds[KINDS];
static char wrong[256] = "nothing";

ATTR int work(int value)
{
	return value + 1 + zero;
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

static ssize_t by_recvmsg(int fd, unsigned char *to)
{
	struct iovec parts[3] = { { to, 1000 }, { to + 1000, 300000 },
				  { to + 301000, SIZE - 301000 } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 3 };

	return recvmsg(fd, &m, MSG_WAITALL);
}

/* One call that has to move SIZE bytes. */
static ssize_t transfer(int kind, int fd, unsigned char *to)
{
	switch (kind) {
	case 0: case 1: return write(fd, pattern, SIZE);
	case 2: return send(fd, pattern, SIZE, MSG_NOSIGNAL);
	case 3: return sendto(fd, pattern, SIZE, MSG_NOSIGNAL, NULL, 0);
	case 4: return by_writev(fd);
	case 5: return by_sendmsg(fd);
	case 6: return recv(fd, to, SIZE, MSG_WAITALL);
	default: return by_recvmsg(fd, to);
	}
}

struct side {
	int kind, fd, other;
};

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
				? write(fd, pattern + at, SIZE - at < 20000 ? SIZE - at : 20000)
				: read(fd, buffer + at, SIZE - at < 20000 ? SIZE - at : 20000);

			if (n <= 0)
				return NULL;
			at += (size_t)n;
			usleep(500);
		}
		if (at == SIZE && s->kind < RECEIVES && memcmp(buffer, pattern, SIZE))
			snprintf(wrong, sizeof(wrong), "kind %d: other bytes", s->kind);
	}
	return NULL;
}

static void *quick(void *argument)
{
	struct side *s = argument;
	static __thread unsigned char buffer[SIZE];

	while (!stop) {
		ssize_t n = transfer(s->kind, s->fd, buffer);

		if (n != SIZE && !stop)
			snprintf(wrong, sizeof(wrong), "kind %d: %zd of %d bytes (%s)",
				 s->kind, n, SIZE, n < 0 ? strerror(errno) : "");
		if (s->kind >= RECEIVES && !stop && memcmp(buffer, pattern, SIZE))
			snprintf(wrong, sizeof(wrong), "kind %d: other bytes", s->kind);
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
