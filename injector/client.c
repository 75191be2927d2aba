/*
 * client.c - requests to the agent and its answers.
 *
 * Called by:  run.c and the verbs.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The peer is a process that may be damaged or hostile: whatever it sends is
 * checked for its length, type and serial, and no wait is without end.
 */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "contact.h"
#include "freezer.h"
#include "give.h"
#include "hurry.h"
#include "interrupt.h"

static const char *doing(enum wire_type type)
{
	static const char *const texts[WIRE_TYPE_COUNT] = {
		[WIRE_APPLY] = "the patch was applied",
		[WIRE_REVERT] = "the patch was reverted",
		[WIRE_LIST] = "it was asked for its patches",
		[WIRE_WHY] = "it was asked for its threads",
		[WIRE_WAIT] = "its update was waited for",
		[WIRE_CANCEL] = "its update was cancelled",
		[WIRE_LOG] = "it was asked for its log",
		[WIRE_PROC] = "it was shown its folder of /proc",
		[WIRE_LIBRARY] = "it was given libunwind",
	};

	return type < WIRE_TYPE_COUNT && texts[type] ? texts[type]
						     : "it was contacted";
}

#define END(array) ((array)[sizeof(array) - 1] = '\0')

const char *client_check(union client_message *m, size_t size)
{
	static const uint32_t sizes[WIRE_TYPE_COUNT] = {
		[WIRE_HELLO] = sizeof(m->hello),
		[WIRE_RESULT] = sizeof(m->result),
		[WIRE_PATCH] = sizeof(m->patch),
		[WIRE_THREAD] = sizeof(m->thread),
		[WIRE_PROGRESS] = sizeof(m->progress),
		[WIRE_LINE] = sizeof(m->line),
	};

	if (size < sizeof(m->head) || m->head.magic != WIRE_MAGIC)
		return "a message that is none of the protocol";
	if (m->head.version != WIRE_VERSION)
		return "a message of another protocol version";
	if (m->head.type >= WIRE_TYPE_COUNT || !sizes[m->head.type])
		return "a message of unknown type";
	if (m->head.length != size || size != sizes[m->head.type])
		return "a message of wrong length";
	switch (m->head.type) {
	case WIRE_HELLO:
		END(m->hello.agent);
		break;
	case WIRE_RESULT:
		END(m->result.error.text);
		END(m->result.patch);
		break;
	case WIRE_PATCH:
		END(m->patch.name);
		END(m->patch.labels);
		break;
	case WIRE_THREAD:
		END(m->thread.comm);
		END(m->thread.name);
		if (m->thread.frames > WIRE_FRAMES)
			m->thread.frames = WIRE_FRAMES;
		break;
	case WIRE_LINE:
		END(m->line.text);
		break;
	}
	return NULL;
}

enum opus_code client_send(struct client *c, enum wire_type type,
			   struct wire_head *head, size_t size, int fd,
			   struct opus_error *err)
{
	struct iovec part = {head, size};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *h;
	ssize_t n;

	*head = (struct wire_head){WIRE_MAGIC, WIRE_VERSION, (uint16_t)type,
				   (uint32_t)size, ++c->serial};
	c->asked = type;
	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control.bytes);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(int));
	}
	do {
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)size)
		return OPUS_OK;
	if (errno == EPIPE || errno == ECONNRESET)
		return target_lost(c->t, doing(type), err);
	return error_set_errno(err, OPUS_INTERNAL,
			       "a request could not be sent to the agent");
}

enum opus_code client_ask(struct client *c, enum wire_type type,
			  struct opus_error *err)
{
	struct wire_head head = {0};

	return client_send(c, type, &head, sizeof(head), -1, err);
}

/* Why has it been silent? */
static enum opus_code silence_error(const struct client *c,
				    struct opus_error *err)
{
	char cgroup[FREEZER_PATH];
	struct proc_status s;

	if (freezer_holds(c->t->pid, cgroup))
		return error_set(err, OPUS_INTERNAL,
			"the process was frozen meanwhile by its cgroup %s and its "
			"agent cannot answer; thaw it, then see `opus-send status "
			"--pid %d`", cgroup, c->t->pid);
	if (proc_status_read(c->t->pid, c->t->pid, &s) &&
	    (s.state == 'T' || s.state == 't'))
		return error_set(err, OPUS_INTERNAL,
			"the process was stopped meanwhile and its agent cannot "
			"answer; continue it with `kill -CONT %d`, then see "
			"`opus-send status --pid %d`", c->t->pid, c->t->pid);
	return error_set(err, OPUS_INTERNAL,
		"the agent has been silent for %g s; see `opus-send status "
		"--pid %d` for its state", (double)c->silence_ns / 1e9,
		c->t->pid);
}

static enum client_event message_read(struct client *c, union client_message *ret,
				      struct opus_error *err)
{
	ssize_t n;
	const char *wrong;

	do {
		n = recv(c->fd, ret, sizeof(*ret), MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0) {
		(void)!target_lost(c->t, doing(c->asked), err);
		return CLIENT_FAILED;
	}
	wrong = (size_t)n > sizeof(*ret) ? "too long a message"
					 : client_check(ret, (size_t)n);
	if (!wrong)
		return CLIENT_MESSAGE;
	if ((size_t)n >= sizeof(ret->head) && ret->head.magic == WIRE_MAGIC &&
	    ret->head.version != WIRE_VERSION)
		(void)!error_set(err, OPUS_VERSION,
			"the agent speaks protocol %u, this program %d; use the "
			"opus-send of the agent's version", ret->head.version,
			WIRE_VERSION);
	else
		(void)!error_set(err, OPUS_INTERNAL, "the agent sent %s", wrong);
	return CLIENT_FAILED;
}

enum client_event client_receive(struct client *c, uint64_t until_ns, bool deaf,
				 union client_message *ret,
				 struct opus_error *err)
{
	uint64_t silent_ns = interrupt_clock() + c->silence_ns;
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	/* One that talks without end gets no more time than one that is silent. */
	if (interrupt_clock() >= until_ns && (deaf || !interrupt_seen()))
		return CLIENT_TIMEOUT;
	switch (interrupt_poll(&p, 1, until_ns < silent_ns ? until_ns : silent_ns,
			       deaf)) {
	case INTERRUPT_SIGNAL:
		return CLIENT_SIGNAL;
	case INTERRUPT_READY:
		return message_read(c, ret, err);
	case INTERRUPT_TIMEOUT:
		break;
	}
	if (until_ns <= silent_ns)
		return CLIENT_TIMEOUT;
	(void)!silence_error(c, err);
	return CLIENT_FAILED;
}

enum opus_code client_result(struct client *c, uint32_t serial, client_take take,
			     void *context, struct wire_result *ret,
			     struct opus_error *err)
{
	uint64_t until_ns = UINT64_MAX; /* until a signal asks us to stop */
	union client_message m;
	size_t count = 0;

	for (;;) {
		if (count++ > CLIENT_MESSAGES)
			return error_set(err, OPUS_INTERNAL,
				"the agent has sent more than %u messages without a "
				"result", CLIENT_MESSAGES);
		switch (client_receive(c, until_ns, until_ns != UINT64_MAX, &m,
				       err)) {
		case CLIENT_MESSAGE:
			break;
		case CLIENT_SIGNAL:
			until_ns = interrupt_clock() + CLIENT_GRACE_NS;
			continue;
		case CLIENT_TIMEOUT:
			return error_set(err, OPUS_INTERNAL,
				"interrupted while the agent was at work; see "
				"`opus-send status --pid %d` for its state",
				c->t->pid);
		case CLIENT_FAILED:
			return err->code;
		}
		if (m.head.serial > c->serial || m.head.serial == 0)
			return error_set(err, OPUS_INTERNAL,
				"the agent answered a request that was never "
				"made (serial %u)", m.head.serial);
		if (m.head.serial != serial)
			continue;
		if (m.head.type == WIRE_RESULT)
			break;
		if (take)
			take(context, &m);
	}
	*ret = m.result;
	*err = m.result.error;
	if (err->code >= OPUS_CODE_COUNT)
		return error_set(err, OPUS_INTERNAL,
				 "the agent gave the unknown result %u: %.300s",
				 m.result.error.code, m.result.error.text);
	return err->code;
}

enum opus_code client_init_fd(struct client *c, const struct target *t, int fd,
			      struct opus_error *err)
{
	union client_message m;

	memset(c, 0, sizeof(*c));
	c->t = t;
	c->fd = fd;
	c->silence_ns = CLIENT_HELLO_NS;
	if (client_receive(c, UINT64_MAX, true, &m, err) != CLIENT_MESSAGE)
		return err->code;
	if (m.head.type != WIRE_HELLO)
		return error_set(err, OPUS_INTERNAL,
				 "the agent did not say hello first");
	c->hello = m.hello;
	hurry_agent(t, m.hello.tid);
	c->silence_ns = CLIENT_SILENCE_NS;
	return c->hello.needs ? give(c, err) : OPUS_OK;
}

struct client_how client_how(const struct options *o)
{
	return (struct client_how){
		.confined = o->suspend_seccomp ? CLIENT_SUSPEND
			    : o->force_confined ? CLIENT_FORCE : CLIENT_REFUSE,
		.attach = !o->no_attach,
	};
}

enum opus_code client_init(struct client *c, struct target *t,
			   struct client_how how, struct opus_error *err)
{
	struct child suspend = {0};
	struct limit limit = {0};
	enum opus_code code;
	bool ask;
	int fd;

	memset(c, 0, sizeof(*c));
	c->t = t;
	c->fd = -1;
	code = target_check_contact(t, how.confined == CLIENT_FORCE, err);
	if (code == OPUS_CONFINED && how.confined == CLIENT_SUSPEND)
		code = suspend_begin(t, &suspend, err);
	ask = how.confined != CLIENT_FORCE && !suspend.pid;
	if (code == OPUS_OK)
		code = contact_make(t, ask, how.attach, &limit, &fd, err);
	if (code == OPUS_OK)
		code = client_init_fd(c, t, fd, err);
	if (code == OPUS_OK && ask)
		code = target_check_filter(t, t->view, err);
	c->suspend = suspend;
	c->limit = limit;
	return code;
}

void client_deinit(struct client *c)
{
	if (c->t)
		limit_restore(&c->limit, c->t->pid);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	suspend_end(&c->suspend);
}
