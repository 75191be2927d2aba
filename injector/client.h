/*
 * client.h - requests to the agent and its answers.
 *
 * Included by: injector/.
 * Runs on:     command.
 * Locks:       none.
 * Signal:      unsafe: heap.
 */
#ifndef OPUS_CLIENT_H
#define OPUS_CLIENT_H

#include "common/wire.h"
#include "limit.h"
#include "suspend.h"
#include "target.h"

/* An agent that says nothing at all for so long is given up. */
#define CLIENT_SILENCE_NS 30000000000ull
#define CLIENT_HELLO_NS 5000000000ull
/* So long an answer is still waited for after ^C. */
#define CLIENT_GRACE_NS 2000000000ull
/* Of one request, before its result: a thread or a patch each. */
#define CLIENT_MESSAGES 131072u

struct client {
	const struct target *t;
	int fd;              /* -1: no connection */
	struct limit limit;  /* of its threads, perhaps lifted */
	uint32_t serial;     /* of the last request */
	enum wire_type asked; /* its type */
	uint64_t silence_ns; /* CLIENT_SILENCE_NS; shorter in tests */
	struct wire_hello hello;
	struct child suspend;   /* holds the filters of t */
};

/* Any message; its strings end in NUL, its counts are within their arrays. */
union client_message {
	struct wire_head head;
	struct wire_hello hello;
	struct wire_result result;
	struct wire_patch patch;
	struct wire_thread thread;
	struct wire_progress progress;
	struct wire_line line;
	uint8_t bytes[WIRE_MESSAGE];
};

/* Where a seccomp filter may do harm: refuse, do it all the same, or do it with
 * the filters suspended. */
enum client_confined { CLIENT_REFUSE, CLIENT_FORCE, CLIENT_SUSPEND };

struct client_how {
	enum client_confined confined;
	bool attach; /* see contact_make() */
};
struct client_how client_how(const struct options *o);

/*
 * Contact the target's agent (target_check_contact(), contact_make()) and hear
 * its HELLO. client_deinit() in any case.
 * Errors: theirs, suspend_begin()'s, OPUS_VERSION, and those of client_receive().
 */
enum opus_code client_init(struct client *c, struct target *t,
			   struct client_how how, struct opus_error *err)
	MUST_CHECK;
/* Take over a connection that is there already. */
enum opus_code client_init_fd(struct client *c, const struct target *t, int fd,
			      struct opus_error *err) MUST_CHECK;
void client_deinit(struct client *c);

/*
 * Send a request: `size` bytes at `head`, which this function fills in; the
 * new serial is in c->serial. `fd` goes along if it is not negative.
 * Errors: OPUS_DIED, OPUS_INTERNAL.
 */
enum opus_code client_send(struct client *c, enum wire_type type,
			   struct wire_head *head, size_t size, int fd,
			   struct opus_error *err) MUST_CHECK;

/* The same for requests that are a head alone. */
enum opus_code client_ask(struct client *c, enum wire_type type,
			  struct opus_error *err) MUST_CHECK;

enum client_event {
	CLIENT_MESSAGE,
	CLIENT_TIMEOUT, /* nothing came until `until_ns` */
	CLIENT_SIGNAL,  /* a signal asks us to stop */
	CLIENT_FAILED,  /* see `err` */
};

/*
 * Wait for the next message. `deaf`: signals to us do not end the wait.
 * Errors: OPUS_DIED, OPUS_INTERNAL (connection lost, nonsense, or silence for
 * c->silence_ns), OPUS_VERSION. After a failure only client_deinit() is of use.
 */
enum client_event client_receive(struct client *c, uint64_t until_ns, bool deaf,
				 union client_message *ret,
				 struct opus_error *err) MUST_CHECK;

/* What is done with the messages before the RESULT; `context` is the caller's. */
typedef void (*client_take)(void *context, const union client_message *m);

/*
 * Receive until the RESULT of request `serial`, handing all before to `take`
 * (may be NULL). The result's own code is the value. Messages for other
 * requests are passed over. After ^C the answer is waited for a little longer.
 */
enum opus_code client_result(struct client *c, uint32_t serial, client_take take,
			     void *context, struct wire_result *ret,
			     struct opus_error *err) MUST_CHECK;

/* Check `size` received bytes and make them safe to use. NULL if they are a
 * good message, else what is wrong with them. */
const char *client_check(union client_message *m, size_t size);

#endif
