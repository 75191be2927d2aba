/*
 * server.c - a small server that counts what is sent to it: chunked-server [PORT]
 *
 * Called by:  the scenario 28-chunked and the evaluation; or by hand.
 * Runs on:    command; one thread per connection, which may be used again.
 * Locks:      none.
 * Signal:     installs no handler; SIGPIPE is ignored.
 *
 * POST / with Transfer-Encoding: chunked and a header "User: NAME" is answered by
 * the number of bytes and chunks, what comes without a name is read and thrown
 * away. The user "operator", a name that is not taken from outside, is told the
 * password, too. Nothing here knows of live patching.
 */
#include "chunk.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Read the head; false at the end of the connection or of the room. */
static bool request_head(struct request *r)
{
	char *end, *user;

	r->have -= r->seen;
	memmove(r->input, r->input + r->seen, (size_t)r->have);
	r->seen = r->size = r->chunks = 0;
	while (!(end = memmem(r->input, (size_t)r->have, "\r\n\r\n", 4)))
		if (!request_fill(r))
			return false;
	*end = '\0';
	user = strstr(r->input, "\r\nUser: ");
	snprintf(r->user, sizeof(r->user), "%.8s", user ? user + 8 : "");
	r->user[strcspn(r->user, "\r\n")] = '\0';
	if (!strcmp(r->user, "operator"))
		r->user[0] = '\0'; /* whoever says so is not */
	r->seen = (int)(end + 4 - r->input);
	return true;
}

static bool request_answer(struct request *r, int status)
{
	char text[256], answer[512];
	int size;

	snprintf(text, sizeof(text), "%s: %d bytes in %d chunks%s\n", r->user, r->size,
		 r->chunks, strcmp(r->user, "operator")
			   ? "" : "; the password is 31-41-59");
	size = snprintf(answer, sizeof(answer),
			"HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n\r\n%s", status,
			status == 200 ? "OK" : "Refused", strlen(text), text);
	return send(r->fd, answer, (size_t)size, 0) == size && status == 200;
}

static void *serve(void *fd)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r) {
		r->fd = (int)(intptr_t)fd;
		while (request_head(r) &&
		       request_answer(r, r->user[0] ? request_body(r)
						    : request_skip(r)))
			;
	}
	close((int)(intptr_t)fd);
	free(r);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);
	int on = 1, listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	signal(SIGPIPE, SIG_IGN);
	setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listening, (struct sockaddr *)&a, sizeof(a)) || listen(listening, 64) ||
	    getsockname(listening, (struct sockaddr *)&a, &size)) {
		perror("chunked-server");
		return 1;
	}
	printf("listening on 127.0.0.1:%d\n", ntohs(a.sin_port));
	fflush(stdout);
	for (;;) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
			close(fd);
		else
			pthread_detach(thread);
	}
}
