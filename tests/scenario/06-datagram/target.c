/*
 * A server that receives datagrams with MSG_WAITALL, which has no effect there
 * (recv(2)), as many do.
 *   start PORTLESS -> "started"; recv in a thread
 *   send TEXT -> sends one datagram, says what was received ("-": nothing in 1 s)
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include "target.h"

static int in, out;
static int answer[2];

static volatile int zero;
ATTR int work(int value)
{
	return value + 1 + zero;
}

static void *server(void *how)
{
	char text[1024], line[1100];
	for (;;) {
		ssize_t n;
		struct sockaddr_storage from;
		socklen_t size = sizeof(from);
		struct iovec part = {text, sizeof(text)};
		struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

		if (!strcmp(how, "recvfrom"))
			n = recvfrom(in, text, sizeof(text), MSG_WAITALL, (void *)&from, &size);
		else if (!strcmp(how, "recv"))
			n = recv(in, text, sizeof(text), MSG_WAITALL);
		else
			n = recvmsg(in, &m, MSG_WAITALL);
		if (n < 0)
			die("recv");
		n = snprintf(line, sizeof(line), "%zd %.*s\n", n, (int)n, text);
		if (write(answer[1], line, (size_t)n) != n)
			die("answer");
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);
	pthread_t t;
	char line[256];
	int pair[2];

	if (pipe(answer))
		die("pipe");
	if (argc > 2 && !strcmp(argv[2], "seqpacket")) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
			die("socketpair");
		in = pair[0]; out = pair[1];
	} else {
		in = socket(AF_INET, SOCK_DGRAM, 0);
		out = socket(AF_INET, SOCK_DGRAM, 0);
		if (bind(in, (void *)&a, sizeof(a)) || getsockname(in, (void *)&a, &size) ||
		    connect(out, (void *)&a, size))
			die("socket");
	}
	pthread_create(&t, NULL, server, argv[1]);
	while (next(line, sizeof(line))) {
		if (!strncmp(line, "send ", 5)) {
			struct pollfd p = {answer[0], POLLIN, 0};
			char got[2048];
			ssize_t n;
			if (send(out, line + 5, strlen(line + 5), 0) < 0)
				die("send");
			if (poll(&p, 1, 1000) == 1 && (n = read(answer[0], got, sizeof(got))) > 0)
				say("%.*s", (int)n - 1, got);
			else
				say("-");
		} else {
			say("%d", work(1));
		}
	}
	return 0;
}
