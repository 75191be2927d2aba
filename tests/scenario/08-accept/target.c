/*
 * A server that waits for connections inside the function to be patched.
 *
 *   start   -> "port N tid T"
 *   version -> the version that answered last
 *   stop    -> ends the program
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "target.h"

static volatile int version;
static int server;

ATTR int serve_one(int fd)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	int client = accept(fd, (struct sockaddr *)&peer, &size);

	if (client < 0 || peer.sin_family != AF_INET)
		die("accept");
	if (write(client, "one\n", 4) != 4)
		die("write");
	close(client);
	return 1;
}

static void *serve(void *unused)
{
	say("tid %d", thread_id());
	for (;;)
		version = serve_one(server);
	return unused;
}

int main(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t size = sizeof(name);
	pthread_t thread;
	char line[64];

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = socket(AF_INET, SOCK_STREAM, 0);
	if (server < 0 || bind(server, (struct sockaddr *)&name, size) ||
	    listen(server, 64) ||
	    getsockname(server, (struct sockaddr *)&name, &size))
		die("listen");
	while (next(line, sizeof(line))) {
		if (!strcmp(line, "start")) {
			say("port %d", ntohs(name.sin_port));
			if (pthread_create(&thread, NULL, serve, NULL))
				die("pthread_create");
			pthread_setname_np(thread, "acceptor");
		} else if (!strcmp(line, "version")) {
			say("%d", version);
		} else if (!strcmp(line, "stop")) {
			break;
		} else {
			die("no such command");
		}
	}
	return 0;
}
