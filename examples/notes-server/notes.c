/*
 * notes.c - a small threaded HTTP server for notes, with a hole in it.
 *
 * Called by:  make demo; or by hand: notes-server [PORT]
 * Runs on:    command; one thread per connection.
 * Locks:      takes none.
 * Signal:     installs no handler; SIGPIPE is ignored.
 *
 * GET /              titles of the public notes
 * GET /notes/TITLE   the text of a note, or the part that a Range header asks
 *
 * The hole is in note_get(): the end of the range is not held against the end
 * of the note. All texts lie in one store, so who asks for more than a note
 * has is given the notes behind it, private ones included. It is the mistake
 * of CVE-2014-0160 ("Heartbleed"): a length from outside was believed.
 *
 * Nothing here knows of live patching.
 */
#include "notes.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define NOTE_MAX 64
#define REQUEST_MAX 4096

static struct note notes[NOTE_MAX];
static size_t note_count;
static char store[64 * 1024];
static size_t store_used;

static void note_add(const char *owner, const char *title, bool private,
		     const char *text)
{
	size_t length = strlen(text);

	if (note_count == NOTE_MAX || length > sizeof(store) - store_used)
		return;
	notes[note_count++] =
		(struct note){owner, title, private, store_used, length};
	memcpy(store + store_used, text, length);
	store_used += length;
}

static const struct note *note_find(const char *title)
{
	for (size_t i = 0; i < note_count; i++)
		if (!strcmp(notes[i].title, title))
			return &notes[i];
	return NULL;
}

static void reply(struct request *r, int status, const char *text, size_t size)
{
	char head[256];
	const char *word = status < 300 ? "OK" : "Refused";
	int length = snprintf(head, sizeof(head),
			      "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\n"
			      "Content-Length: %zu\r\nConnection: %s\r\n\r\n",
			      status, word, size,
			      r->keep_alive ? "keep-alive" : "close");
	struct iovec parts[] = {{head, (size_t)length}, {(char *)text, size}};

	while (parts[1].iov_len + parts[0].iov_len > 0) {
		ssize_t sent = writev(r->fd, parts, 2);

		if (sent < 0) {
			r->keep_alive = false;
			return;
		}
		for (int i = 0; i < 2; i++) {
			size_t part = (size_t)sent < parts[i].iov_len
					      ? (size_t)sent
					      : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + part;
			parts[i].iov_len -= part;
			sent -= (ssize_t)part;
		}
	}
}

static void reply_error(struct request *r, int status, const char *text)
{
	reply(r, status, text, strlen(text));
}

/* GET /notes/TITLE */
static void note_get(struct request *r)
{
	const struct note *n = note_find(r->path + strlen("/notes/"));
	size_t first = 0, last;

	if (!n || n->private) {
		reply_error(r, 404, "no such note, or not yours\n");
		return;
	}
	last = n->length - 1;
	if (r->range[0])
		sscanf(r->range, "bytes=%zu-%zu", &first, &last);
	/* The hole: `last` may lie behind the end of this note. */
	reply(r, r->range[0] ? 206 : 200, store + n->at + first,
	      last - first + 1);
}

/* GET / */
static void note_list(struct request *r)
{
	char page[4096];
	size_t used = 0;

	if (strcmp(r->path, "/")) {
		reply_error(r, 404, "no such page\n");
		return;
	}
	for (size_t i = 0; i < note_count && used < sizeof(page); i++) {
		if (notes[i].private)
			continue;
		used += (size_t)snprintf(page + used, sizeof(page) - used,
					 "%s: %s\n", notes[i].owner,
					 notes[i].title);
	}
	reply(r, 200, page, used < sizeof(page) ? used : sizeof(page) - 1);
}

static const struct {
	const char *prefix;
	void (*handle)(struct request *r);
} routes[] = {{"/notes/", note_get}, {"/", note_list}};

/* Fill `r` from the head of a request that ends in an empty line. */
static bool request_parse(char *head, struct request *r)
{
	char *line, *rest = NULL;

	r->keep_alive = true;
	r->range[0] = 0;
	line = strtok_r(head, "\r\n", &rest);
	if (!line || sscanf(line, "GET %255s HTTP/1.1", r->path) != 1)
		return false;
	while ((line = strtok_r(NULL, "\r\n", &rest))) {
		if (!strncasecmp(line, "Range: ", 7))
			snprintf(r->range, sizeof(r->range), "%s", line + 7);
		if (!strcasecmp(line, "Connection: close"))
			r->keep_alive = false;
	}
	return true;
}

static void request_handle(struct request *r)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		if (strncmp(r->path, routes[i].prefix,
			    strlen(routes[i].prefix)))
			continue;
		routes[i].handle(r);
		return;
	}
	reply_error(r, 404, "no such page\n");
}

static void *connection_serve(void *argument)
{
	struct request r = {.fd = (int)(intptr_t)argument, .keep_alive = true};
	char head[REQUEST_MAX + 1];
	size_t have = 0;

	while (r.keep_alive) {
		ssize_t got = recv(r.fd, head + have, REQUEST_MAX - have, 0);
		char *end;

		if (got <= 0)
			break;
		have += (size_t)got;
		head[have] = 0;
		while (r.keep_alive && (end = strstr(head, "\r\n\r\n"))) {
			size_t used = (size_t)(end + 4 - head);

			*end = 0;
			if (!request_parse(head, &r)) {
				r.keep_alive = false;
				reply_error(&r, 400, "cannot read that\n");
				break;
			}
			request_handle(&r);
			memmove(head, head + used, have - used + 1);
			have -= used;
		}
	}
	close(r.fd);
	return NULL;
}

static int server_listen(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 128) ||
	    getsockname(fd, (struct sockaddr *)&address, &size)) {
		perror("notes-server");
		exit(1);
	}
	printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	int listener = server_listen((uint16_t)(argc > 1 ? atoi(argv[1]) : 0));
	int on = 1;

	signal(SIGPIPE, SIG_IGN);
	note_add("alice", "shopping", false, "milk, bread, apples\n");
	note_add("bob", "safe", true,
		 "PRIVATE, bob only: the safe opens with 31-41-59\n");
	note_add("carol", "welcome", false, "Welcome to the notes server.\n");
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (pthread_create(&thread, NULL, connection_serve,
				   (void *)(intptr_t)fd))
			close(fd);
		else
			pthread_detach(thread);
	}
}
