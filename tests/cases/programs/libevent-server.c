/*
 * libevent-server.c - an HTTP server that says how long a body it was sent.
 *
 * Called by:  tests/cases/programs/libevent.py: libevent-server PORT
 * Runs on:    command; a single thread.
 * Locks:      takes none.
 * Signal:     not for handlers.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>

static void answer(struct evhttp_request *request, void *context)
{
	struct evbuffer *body = evbuffer_new();

	(void)context;
	evbuffer_add_printf(body, "%zu bytes\n", evbuffer_get_length(
				    evhttp_request_get_input_buffer(request)));
	evhttp_send_reply(request, 200, "OK", body);
	evbuffer_free(body);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct evhttp *server = evhttp_new(base);

	if (argc != 2 || evhttp_bind_socket(server, "127.0.0.1",
					    (ev_uint16_t)atoi(argv[1])))
		return 1;
	evhttp_set_gencb(server, answer, NULL);
	return event_base_dispatch(base);
}
