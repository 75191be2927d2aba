/*
 * Transfers that a stop breaks off, and what comes after them. The second argument
 * is a port of the loopback interface or, for `messages`, nothing.
 *
 *   receive PORT  -> "waits TID"; then what recv() of all 10 bytes gave, and the next
 *   send PORT     -> "waits TID"; then if a large send() was cut off, what the next gave
 *   messages      -> "waits TID"; then what recvmmsg() of 2 gave, and the next recv()
 *   message       -> sends one of those
 *   call          -> version of work()
 */
#include "../target.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

static volatile int zero, pipes;
static int pair[2], port;
static char what[16];

ATTR int work(int wait)
{
	return 1 + zero + (wait && zero);
}

static void on_pipe(int number)
{
	(void)number;
	pipes++;
}

static int connected(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	name.sin_port = htons((uint16_t)port);
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)))
		die("connect");
	return fd;
}

static const char *said(ssize_t got)
{
	static char text[32];

	if (got < 0)
		return strerrorname_np(errno) ? strerrorname_np(errno) : "unknown";
	snprintf(text, sizeof(text), "%zd", got);
	return text;
}

static void *transfer(void *unused)
{
	static char large[64 << 20], small[16];
	char first[32];
	ssize_t got;
	int fd;

	say("waits %d", thread_id());
	if (!strcmp(what, "receive")) {
		fd = connected();
		snprintf(first, sizeof(first), "%s",
			 said(recv(fd, small, 10, MSG_WAITALL)));
		say("%s %s", first, said(recv(fd, small, 10, 0)));
	} else if (!strcmp(what, "send")) {
		fd = connected();
		got = send(fd, large, sizeof(large), 0);
		snprintf(first, sizeof(first), "%s",
			 got > 0 && got < (ssize_t)sizeof(large) ? "part" : said(got));
		got = send(fd, small, 1, 0);
		say("%s %s %d", first, said(got), pipes);
	} else {
		struct iovec part[2] = {{small, 4}, {small + 4, 4}};
		struct mmsghdr m[2] = {{.msg_hdr = {.msg_iov = &part[0], .msg_iovlen = 1}},
				       {.msg_hdr = {.msg_iov = &part[1], .msg_iovlen = 1}}};

		snprintf(first, sizeof(first), "%s", said(recvmmsg(pair[0], m, 2, 0, NULL)));
		say("%s %s", first, said(recv(pair[0], small, 4, 0)));
	}
	return unused;
}

int main(void)
{
	pthread_t thread;
	char line[64];

	signal(SIGPIPE, on_pipe);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		die("socketpair");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "call")) {
			say("%d", work(0));
		} else if (!strcmp(line, "message")) {
			if (send(pair[1], "x", 1, 0) != 1)
				die("send");
		} else if (sscanf(line, "%15s %d", what, &port) >= 1) {
			if (pthread_create(&thread, NULL, transfer, NULL))
				die("pthread_create");
			pthread_detach(thread);
		}
	}
	return 0;
}
