/*
 * serve.c - read a request, do it, answer.
 *
 * Called by:  control.c.
 * Runs on:    agent thread.
 * Locks:      those of the work that is asked for (update.h, patch.h).
 * Signal:     unsafe.
 *
 * The peer is root or the host's own user and could change the host anyway, but
 * it may be broken or of another version: sizes and types are checked, and a
 * message that makes no sense ends its connection, nothing else.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "arch/x86_64/futex.h"
#include "common/cleanup.h"
#include "common/wire.h"
#include "hook_call.h"
#include "patch.h"
#include "proc.h"
#include "unwind.h"
#include "update.h"
#include "why.h"

union message {
	struct wire_head head;
	struct wire_apply apply;
	struct wire_revert revert;
	struct wire_wait wait;
	char bytes[WIRE_MESSAGE];
};

/* --- sending --- */

static void head_fill(struct wire_head *h, enum wire_type type, size_t size,
		      uint32_t serial)
{
	*h = (struct wire_head){.magic = WIRE_MAGIC, .version = WIRE_VERSION,
				.type = (uint16_t)type, .length = (uint32_t)size,
				.serial = serial};
}

/* The socket does not block: a peer that does not read loses news, and with a
 * RESULT its connection, instead of holding the agent up. */
static void send_message(struct serve_client *c, void *message, size_t size,
			 enum wire_type type, uint32_t serial)
{
	head_fill(message, type, size, serial);
	if (descriptor_ours(&c->socket) &&
	    send(c->socket.fd, message, size, MSG_NOSIGNAL) == (ssize_t)size)
		return;
	if ((type == WIRE_THREAD || type == WIRE_PROGRESS) && errno == EAGAIN)
		return;
	serve_close(c);
}

static void send_result(struct serve_client *c, uint32_t serial,
			enum opus_code code, const struct opus_error *err,
			const struct update_report *report, uint64_t since_ns,
			const char *patch)
{
	struct wire_result r;

	memset(&r, 0, sizeof(r));
	if (err && err->code == code)
		r.error = *err;
	r.error.code = code;
	if (report) {
		r.prepare_ns = report->prepare_ns;
		r.pause_ns = report->pause_ns;
		r.stop_ns = report->stop_ns;
		r.scan_ns = report->scan_ns;
		r.switch_ns = report->switch_ns;
		r.pending_ns = report->pending_ns;
		r.threads = report->threads;
		r.unsafe = report->unsafe;
		r.functions = report->functions;
	}
	r.total_ns = since_ns ? raw_now() - since_ns : 0;
	if (patch)
		snprintf(r.patch, sizeof(r.patch), "%s", patch);
	send_message(c, &r, sizeof(r), WIRE_RESULT, serial);
}

void serve_open(struct serve_client *c, int fd)
{
	struct wire_hello hello;

	memset(c, 0, sizeof(*c));
	c->open = true;
	descriptor_keep(&c->socket, fd);
	memset(&hello, 0, sizeof(hello));
	hello.pid = getpid();
	hello.tid = raw_gettid();
	hello.patches = patch_count;
	hello.needs = (proc_usable() ? 0 : WIRE_NEEDS_PROC) |
		      (unwind_loaded() ? 0 : WIRE_NEEDS_UNWIND);
	snprintf(hello.agent, sizeof(hello.agent), "%s", OPUS_RELEASE);
	send_message(c, &hello, sizeof(hello), WIRE_HELLO, 0);
}

void serve_close(struct serve_client *c)
{
	if (!c->open)
		return;
	descriptor_close(&c->socket);
	memset(c, 0, sizeof(*c));
	c->socket.fd = -1;
}

/* --- requests --- */

static void update_outcome(struct serve_client *c, uint32_t serial,
			   enum opus_code code, struct opus_error *err,
			   uint64_t start, const char *what, const char *name)
{
	/* A dry run that found threads inside has the same code. */
	bool waits = code == OPUS_PENDING && update_now.active;

	log_line("%s %s: %s%s%s; prepared %.3f ms, paused %.3f ms, %u thread%s, %u inside",
		 what, name,
		 code == OPUS_PENDING && !waits ? "would have to wait" : code_text(code),
		 err->text[0] ? ": " : "", err->text,
		 (double)update_now.report.prepare_ns / 1e6,
		 (double)update_now.report.pause_ns / 1e6,
		 update_now.report.threads, update_now.report.threads == 1 ? "" : "s",
		 update_now.report.unsafe);
	c->ended = false;
	if (waits) {
		c->owner = true;
		beacon_flag(BEACON_PENDING, 0);
	}
	send_result(c, serial, code, err, &update_now.report, start, name);
}

static void do_apply(struct serve_client *c, const struct wire_apply *m, int fd)
{
	uint64_t start = raw_now();
	struct opus_error err;
	struct patch *p = NULL;
	enum opus_code code;

	error_clear(&err);
	if (!update_now.active)
		memset(&update_now.report, 0, sizeof(update_now.report));
	code = patch_load(fd, false, &p, &err);
	if (code == OPUS_OK)
		code = hook_check_args(p, m->args, m->args_size, &err);
	if (code == OPUS_OK)
		code = update_start(p, false, m->flags, m->stop_limit_ns, m->args,
				    m->args_size, &err);
	/* Its preparation is part of the time before the stop. */
	if (code == OPUS_OK || code == OPUS_PENDING)
		update_now.report.prepare_ns += update_now.asked_ns > start
							? update_now.asked_ns - start : 0;
	update_outcome(c, m->head.serial, code, &err, start,
		       m->flags & WIRE_DRY_RUN ? "dry run of" : "apply",
		       p ? p->name : "a patch");
}

static void do_revert(struct serve_client *c, struct wire_revert *m)
{
	uint64_t start = raw_now();
	struct opus_error err;
	struct patch *p;
	enum opus_code code;

	error_clear(&err);
	m->name[sizeof(m->name) - 1] = '\0';
	p = patch_by_name(m->name);
	if (!p)
		code = error_set(&err, OPUS_NO_PATCH,
			"this process never had a patch named %s", m->name);
	else
		code = update_start(p, true, m->flags, m->stop_limit_ns, "", 0,
				    &err);
	update_outcome(c, m->head.serial, code, &err, start, "revert", m->name);
}

static void do_list(struct serve_client *c, uint32_t serial)
{
	for (uint32_t i = 0; i < patch_count && c->open; i++) {
		const struct patch *p = patch_list[i];
		struct wire_patch w;

		memset(&w, 0, sizeof(w));
		w.state = p->state;
		w.functions = p->plan.func_count;
		for (uint32_t k = 0; k < p->plan.func_count; k++)
			w.shadowed += p->items[k].above != NULL;
		w.changed_at_ns = p->changed_at_ns;
		memcpy(w.digest, p->digest, sizeof(w.digest));
		memcpy(w.name, p->name, sizeof(w.name));
		memcpy(w.labels, p->labels, sizeof(w.labels));
		send_message(c, &w, sizeof(w), WIRE_PATCH, serial);
	}
	if (c->open)
		send_result(c, serial, OPUS_OK, NULL, NULL, 0, NULL);
}

static void send_thread(const struct wire_thread *t, void *data)
{
	struct serve_client *c = data;
	struct wire_thread copy = *t;

	if (c->open)
		send_message(c, &copy, sizeof(copy), WIRE_THREAD, c->serial);
}

static void do_why(struct serve_client *c, uint32_t serial)
{
	uint32_t saved = c->serial;
	bool active = update_now.active;

	c->serial = serial;
	if (active)
		why_threads(true, send_thread, c);
	if (!c->open)
		return;
	c->serial = saved;
	send_result(c, serial, active ? OPUS_PENDING : OPUS_ALREADY, NULL,
		    &update_now.report, 0,
		    active ? update_now.patch->name : NULL);
}

static void do_log(struct serve_client *c, uint32_t serial)
{
	struct wire_line line;

	memset(&line, 0, sizeof(line));
	for (uint32_t n = 0; c->open && log_read(n, &line.at_ns, line.text); n++)
		send_message(c, &line, sizeof(line), WIRE_LINE, serial);
	if (c->open)
		send_result(c, serial, OPUS_OK, NULL, NULL, 0, NULL);
}

static void do_wait(struct serve_client *c, const struct wire_wait *m)
{
	if (!update_now.active) {
		/* The last thread may have left between PENDING and WAIT. */
		send_result(c, m->head.serial,
			    c->ended ? (enum opus_code)c->end.code : OPUS_ALREADY,
			    c->ended ? &c->end : NULL,
			    c->ended ? &update_now.report : NULL,
			    c->ended ? update_now.asked_ns : 0, NULL);
		c->ended = false;
		return;
	}
	c->waiting = true;
	c->serial = m->head.serial;
	c->interval_ns = m->interval_ns;
	c->progress_at_ns = raw_now();
}

static void do_cancel(struct serve_client *c, struct serve_client *all,
		      uint32_t serial)
{
	struct opus_error err;
	bool active = update_now.active;
	const char *name = active ? update_now.patch->name : NULL;
	enum opus_code code = update_cancel(&err);

	if (active) {
		serve_ended(all, code, &err);
		log_line("cancel %s: %s", name, code_text(code));
	}
	if (c->open)
		send_result(c, serial, code, &err,
			    active ? &update_now.report : NULL, 0, name);
}

/* Something that the process cannot see in its own file system. */
static void do_give(struct serve_client *c, const struct wire_head *h, int *fd)
{
	enum opus_code code = OPUS_OK;
	struct opus_error err;

	error_clear(&err);
	if (h->type == WIRE_PROC)
		code = proc_take(fd_steal(fd), &err);
	else
		unwind_give(fd_steal(fd));
	send_result(c, h->serial, code, &err, NULL, 0, NULL);
}

/* --- reading --- */

static bool message_fits(const union message *m, ssize_t size)
{
	static const size_t sizes[WIRE_TYPE_COUNT] = {
		[WIRE_APPLY] = sizeof(struct wire_apply),
		[WIRE_REVERT] = sizeof(struct wire_revert),
		[WIRE_LIST] = sizeof(struct wire_head),
		[WIRE_WHY] = sizeof(struct wire_head),
		[WIRE_WAIT] = sizeof(struct wire_wait),
		[WIRE_CANCEL] = sizeof(struct wire_head),
		[WIRE_LOG] = sizeof(struct wire_head),
		[WIRE_PROC] = sizeof(struct wire_head),
		[WIRE_LIBRARY] = sizeof(struct wire_head),
	};

	if (size < (ssize_t)sizeof(m->head) || m->head.magic != WIRE_MAGIC ||
	    m->head.version != WIRE_VERSION || m->head.type >= WIRE_TYPE_COUNT ||
	    m->head.length != (size_t)size ||
	    sizes[m->head.type] != (size_t)size)
		return false;
	if (m->head.type == WIRE_APPLY)
		return m->apply.args_size <= WIRE_ARGS &&
		       (m->apply.args_size == 0 ||
			m->apply.args[m->apply.args_size - 1] == '\0');
	return true;
}

static void dispatch(struct serve_client *c, struct serve_client *all,
		     union message *m, int *fd)
{
	switch (m->head.type) {
	case WIRE_APPLY: do_apply(c, &m->apply, *fd); break;
	case WIRE_REVERT: do_revert(c, &m->revert); break;
	case WIRE_LIST: do_list(c, m->head.serial); break;
	case WIRE_WHY: do_why(c, m->head.serial); break;
	case WIRE_WAIT: do_wait(c, &m->wait); break;
	case WIRE_CANCEL: do_cancel(c, all, m->head.serial); break;
	case WIRE_LOG: do_log(c, m->head.serial); break;
	case WIRE_PROC: case WIRE_LIBRARY: do_give(c, &m->head, fd); break;
	}
}

static ssize_t message_read(int fd, union message *m, int *ret_fd)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec io = {m, sizeof(*m)};
	struct msghdr h = {.msg_iov = &io, .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *cm = n > 0 ? CMSG_FIRSTHDR(&h) : NULL;

	*ret_fd = -1;
	if (cm && cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS &&
	    cm->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(cm), sizeof(int));
	return n;
}

void serve_read(struct serve_client *c, struct serve_client *all)
{
	if (c->open && !descriptor_ours(&c->socket))
		serve_close(c); /* by the host */
	while (c->open) {
		int fd CLEANUP(cleanup_close) = -1;
		static union message m; /* the control thread's own */
		ssize_t n = message_read(c->socket.fd, &m, &fd);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0 || !message_fits(&m, n)) {
			serve_close(c);
			return;
		}
		dispatch(c, all, &m, &fd);
	}
}

/* --- waiting for the end of an update --- */

uint64_t serve_progress(struct serve_client *c)
{
	struct wire_progress p;
	uint64_t now = raw_now(), word = atomic_load(&gate_state);

	if (c->interval_ns == 0)
		return UINT64_MAX;
	if (now < c->progress_at_ns)
		return c->progress_at_ns - now;
	why_threads(false, send_thread, c);
	if (!c->open)
		return UINT64_MAX;
	memset(&p, 0, sizeof(p));
	p.pending_ns = now - update_now.armed_ns;
	p.unsafe = (uint32_t)(word & STATE_COUNT);
	p.barrier = (word & STATE_BARRIER) != 0;
	send_message(c, &p, sizeof(p), WIRE_PROGRESS, c->serial);
	c->progress_at_ns = now + c->interval_ns;
	return c->interval_ns;
}

void serve_ended(struct serve_client *all, enum opus_code code,
		 const struct opus_error *err)
{
	log_line("%s of %s ended after %.3f ms: %s",
		 update_now.revert ? "revert" : "apply", update_now.patch->name,
		 (double)update_now.report.pending_ns / 1e6, code_text(code));
	for (int i = 0; i < SERVE_CLIENTS; i++) {
		struct serve_client *c = &all[i];
		bool told = c->open && c->waiting;

		c->ended = c->owner && !c->waiting;
		if (c->ended) {
			c->end = *err;
			c->end.code = code;
		}
		c->owner = c->waiting = false;
		if (told)
			send_result(c, c->serial, code, err, &update_now.report,
				    update_now.asked_ns, update_now.patch->name);
	}
}
