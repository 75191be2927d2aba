/*
 * send_client_test.c - opus-send against peers that break the protocol.
 *
 * Called by:  tests/run.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * The peer is a child process at the other end of a socket pair that follows a
 * short script, so every test has its own kind of misbehaviour.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "injector/client.h"
#include "injector/interrupt.h"
#include "injector/update.h"

typedef void (*peer_main)(int fd);

static struct target target;
static struct opus_error err;
static struct client client;

static void peer_send(int fd, enum wire_type type, void *message, size_t size,
		      uint32_t serial)
{
	*(struct wire_head *)message = (struct wire_head){
		WIRE_MAGIC, WIRE_VERSION, (uint16_t)type, (uint32_t)size, serial};
	(void)!send(fd, message, size, MSG_NOSIGNAL);
}

static void peer_hello(int fd)
{
	struct wire_hello m = {.pid = getpid(), .agent = "test"};

	peer_send(fd, WIRE_HELLO, &m, sizeof(m), 0);
}

/* Type of the next request; its serial. Ends the peer with the connection. */
static enum wire_type peer_hear(int fd, uint32_t *serial)
{
	union client_message m;

	if (recv(fd, &m, sizeof(m), 0) < (ssize_t)sizeof(m.head))
		_exit(0);
	*serial = m.head.serial;
	return m.head.type;
}

static void peer_result(int fd, enum opus_code code, uint32_t serial)
{
	struct wire_result m = {.error.code = code, .unsafe = 1, .functions = 2};

	snprintf(m.patch, sizeof(m.patch), "fix");
	peer_send(fd, WIRE_RESULT, &m, sizeof(m), serial);
}

static void peer_thread(int fd, int32_t tid, uint32_t serial)
{
	struct wire_thread m = {.tid = tid, .frames = 4000000000u};

	peer_send(fd, WIRE_THREAD, &m, sizeof(m), serial);
}

static void peer_progress(int fd, uint32_t serial)
{
	struct wire_progress m = {.pending_ns = 5, .unsafe = 1};

	peer_send(fd, WIRE_PROGRESS, &m, sizeof(m), serial);
}

/* Start a peer and meet it. */
static enum opus_code meet(peer_main run)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	memset(&target, 0, sizeof(target));
	target.pid = target.view = fork();
	if (target.pid == 0) {
		close(fds[0]);
		run(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	target.pidfd = (int)syscall(SYS_pidfd_open, target.pid, 0);
	return client_init_fd(&client, &target, fds[0], &err);
}

static void end(void)
{
	client_deinit(&client);
	if (target.pid > 0) {
		kill(target.pid, SIGKILL);
		waitpid(target.pid, NULL, 0);
	}
}

TestSuite(client, .fini = end, .timeout = 20);

/* Ask for the list and hear the answer. */
static enum opus_code ask(client_take take, void *context)
{
	struct wire_result result;
	enum opus_code code = client_ask(&client, WIRE_LIST, &err);

	if (code != OPUS_OK)
		return code;
	return client_result(&client, client.serial, take, context, &result,
			     &err);
}

static void good(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	while (peer_hear(fd, &serial) == WIRE_LIST) {
		peer_thread(fd, 9, serial);
		peer_result(fd, OPUS_OK, serial);
	}
}

Test(client, a_good_peer)
{
	struct report r;

	report_init(&r, &target);
	cr_assert_eq(meet(good), OPUS_OK);
	cr_assert_str_eq(client.hello.agent, "test");
	cr_assert_eq(ask(report_take, &r), OPUS_OK);
	cr_assert_eq(ask(report_take, &r), OPUS_OK);
	cr_assert_eq(r.thread_count, 2);
	cr_assert_eq(r.threads[0].thread.frames, WIRE_FRAMES);
	report_deinit(&r);
}

static void other_version(int fd)
{
	struct wire_hello m = {.head = {WIRE_MAGIC, WIRE_VERSION + 1, WIRE_HELLO,
					sizeof(m), 0}};

	(void)!send(fd, &m, sizeof(m), 0);
	pause();
}

Test(client, another_version)
{
	cr_assert_eq(meet(other_version), OPUS_VERSION);
}

static void no_magic(int fd)
{
	(void)!send(fd, "HTTP/1.1 400 Bad Request\r\n", 26, 0);
	pause();
}

Test(client, not_the_protocol)
{
	cr_assert_eq(meet(no_magic), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "protocol"), "%s", err.text);
}

static void no_hello(int fd)
{
	peer_result(fd, OPUS_OK, 0);
	pause();
}

Test(client, no_hello)
{
	cr_assert_eq(meet(no_hello), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "hello"));
}

static void cut_short(int fd)
{
	struct wire_result m = {
		.head = {WIRE_MAGIC, WIRE_VERSION, WIRE_RESULT, sizeof(m), 1}};
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	(void)!send(fd, &m, sizeof(m) - 8, 0);
	pause();
}

Test(client, a_message_that_is_cut)
{
	cr_assert_eq(meet(cut_short), OPUS_OK);
	cr_assert_eq(ask(NULL, NULL), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "length"), "%s", err.text);
}

static void too_long(int fd)
{
	static uint8_t bytes[2 * WIRE_MESSAGE];
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	(void)!send(fd, bytes, sizeof(bytes), 0);
	pause();
}

Test(client, a_message_that_is_too_long)
{
	cr_assert_eq(meet(too_long), OPUS_OK);
	cr_assert_eq(ask(NULL, NULL), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "too long"), "%s", err.text);
}

static void wrong_serial(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_OK, serial + 7);
	pause();
}

Test(client, an_answer_to_nothing)
{
	cr_assert_eq(meet(wrong_serial), OPUS_OK);
	cr_assert_eq(ask(NULL, NULL), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "never"), "%s", err.text);
}

static void unknown_code(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, 4711, serial);
	pause();
}

Test(client, an_unknown_result)
{
	cr_assert_eq(meet(unknown_code), OPUS_OK);
	cr_assert_eq(ask(NULL, NULL), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "4711"), "%s", err.text);
}

static void hang(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	pause();
}

Test(client, silence)
{
	cr_assert_eq(meet(hang), OPUS_OK);
	client.silence_ns = 50000000;
	cr_assert_eq(ask(NULL, NULL), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "silent"), "%s", err.text);
}

static void stop_self(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	raise(SIGSTOP);
}

Test(client, silence_of_a_stopped_process)
{
	cr_assert_eq(meet(stop_self), OPUS_OK);
	client.silence_ns = 300000000;
	cr_assert_eq(ask(NULL, NULL), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "kill -CONT"), "%s", err.text);
}

static void die(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	raise(SIGKILL);
}

Test(client, death)
{
	cr_assert_eq(meet(die), OPUS_OK);
	cr_assert_eq(ask(NULL, NULL), OPUS_DIED);
}

static void hang_up(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	close(fd);
	pause();
}

Test(client, the_connection_breaks)
{
	/* It has no agent: as after an exec. */
	cr_assert_eq(meet(hang_up), OPUS_OK);
	cr_assert_eq(ask(NULL, NULL), OPUS_DIED);
	cr_assert(strstr(err.text, "exec"), "%s", err.text);
}

static void at_once_hang_up(int fd)
{
	close(fd);
	pause();
}

Test(client, not_even_hello)
{
	cr_assert_neq(meet(at_once_hang_up), OPUS_OK);
}

/* --- waiting --- */

static void pending_then_ok(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_PENDING, serial);
	cr_assert_eq(peer_hear(fd, &serial), WIRE_WAIT);
	peer_thread(fd, 9, serial);
	peer_progress(fd, serial);
	peer_result(fd, OPUS_OK, serial);
	pause();
}

/* A request is sent and seen to its end. */
static void update(peer_main peer, const struct options *o, struct report *r)
{
	struct wire_revert request = {0};

	report_init(r, &target);
	cr_assert_eq(meet(peer), OPUS_OK);
	update_run(&client, o, WIRE_REVERT, &request.head, sizeof(request), -1, r);
}

Test(client, waits_for_a_pending_update)
{
	struct options o = {.json = true, .timeout_ns = 5000000000u};
	struct report r;

	update(pending_then_ok, &o, &r);
	cr_assert_eq(r.error.code, OPUS_OK, "%s", r.error.text);
	cr_assert(r.was_pending && r.has_result);
	cr_assert_eq(r.thread_count, 0);
	cr_assert_eq(r.result.functions, 2);
	report_deinit(&r);
}

/* --- without end --- */

static void no_result(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	for (;;)
		peer_thread(fd, 9, serial);
}

Test(client, messages_without_end)
{
	struct report r;

	report_init(&r, &target);
	cr_assert_eq(meet(no_result), OPUS_OK);
	cr_assert_eq(ask(report_take, &r), OPUS_INTERNAL);
	cr_assert(strstr(err.text, "without a result"), "%s", err.text);
	report_deinit(&r);
}

static void no_end(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_PENDING, serial);
	peer_hear(fd, &serial);
	for (;;)
		peer_progress(fd, serial);
}

Test(client, progress_without_end)
{
	struct options o = {.json = true, .timeout_ns = 100000000u};
	struct wire_revert request = {0};
	struct report r;

	report_init(&r, &target);
	cr_assert_eq(meet(no_end), OPUS_OK);
	client.silence_ns = 300000000u;
	update_run(&client, &o, WIRE_REVERT, &request.head, sizeof(request), -1, &r);
	cr_assert_eq(r.error.code, OPUS_INTERNAL, "%s", r.error.text);
	cr_assert(strstr(r.error.text, "does not say"), "%s", r.error.text);
	report_deinit(&r);
}

static void pending_then_cancel(int fd)
{
	uint32_t serial, wait_serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_PENDING, serial);
	peer_hear(fd, &wait_serial);
	peer_thread(fd, 9, wait_serial);
	peer_progress(fd, wait_serial);
	cr_assert_eq(peer_hear(fd, &serial), WIRE_CANCEL);
	peer_result(fd, OPUS_CANCELLED, wait_serial);
	peer_result(fd, OPUS_OK, serial);
	pause();
}

Test(client, cancels_at_the_time_limit)
{
	struct options o = {.json = true, .timeout_ns = 100000000u};
	struct report r;

	update(pending_then_cancel, &o, &r);
	cr_assert_eq(r.error.code, OPUS_CANCELLED, "%s", r.error.text);
	cr_assert_eq(r.thread_count, 1);
	cr_assert_eq(r.threads[0].thread.tid, 9);
	report_deinit(&r);
}

static void pending_then_too_late(int fd)
{
	uint32_t serial, wait_serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_PENDING, serial);
	peer_hear(fd, &wait_serial);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_OK, wait_serial);
	peer_result(fd, OPUS_ALREADY, serial);
	pause();
}

Test(client, the_commit_was_quicker_than_the_cancel)
{
	struct options o = {.json = true, .timeout_ns = 50000000u};
	struct report r;

	update(pending_then_too_late, &o, &r);
	cr_assert_eq(r.error.code, OPUS_OK, "%s", r.error.text);
	report_deinit(&r);
}

static void pending_then_why(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_PENDING, serial);
	if (peer_hear(fd, &serial) == WIRE_WHY) {
		peer_thread(fd, 11, serial);
		peer_result(fd, OPUS_PENDING, serial);
	}
	pause();
}

Test(client, leaves_the_update_pending)
{
	struct options o = {.json = true, .no_wait = true};
	struct report r;

	update(pending_then_why, &o, &r);
	cr_assert_eq(r.error.code, OPUS_PENDING);
	cr_assert_eq(r.thread_count, 1);
	cr_assert_eq(r.threads[0].thread.tid, 11);
	report_deinit(&r);
}

Test(client, a_dry_run_leaves_nothing_pending)
{
	struct options o = {.json = true, .dry_run = true};
	struct report r;

	update(pending_then_why, &o, &r);
	cr_assert_eq(r.error.code, OPUS_BUSY);
	report_deinit(&r);
}

static void pending_then_death(int fd)
{
	uint32_t serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_PENDING, serial);
	peer_hear(fd, &serial);
	raise(SIGKILL);
}

Test(client, death_while_waiting)
{
	struct options o = {.json = true, .timeout_ns = 5000000000u};
	struct report r;

	update(pending_then_death, &o, &r);
	cr_assert_eq(r.error.code, OPUS_DIED);
	report_deinit(&r);
}

/* ^C while it waits: the update is cancelled, the command ends as usual. */
static void pending_then_interrupt(int fd)
{
	uint32_t serial, wait_serial;

	peer_hello(fd);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_PENDING, serial);
	peer_hear(fd, &wait_serial);
	kill(getppid(), SIGINT);
	peer_hear(fd, &serial);
	peer_result(fd, OPUS_CANCELLED, wait_serial);
	peer_result(fd, OPUS_OK, serial);
	pause();
}

Test(client, interrupted_while_waiting)
{
	struct options o = {.json = true, .timeout_ns = UINT64_MAX};
	struct report r;

	interrupt_catch();
	update(pending_then_interrupt, &o, &r);
	cr_assert_eq(r.error.code, OPUS_CANCELLED, "%s", r.error.text);
	cr_assert(strstr(r.error.text, "interrupted"));
	cr_assert_eq(interrupt_seen(), SIGINT);
	report_deinit(&r);
}

Test(client, flags_follow_the_options)
{
	struct options o = {.timeout_ns = 1};

	cr_assert_eq(update_flags(&o), 0);
	o.no_wait = o.dry_run = true;
	cr_assert_eq(update_flags(&o), WIRE_KEEP | WIRE_DRY_RUN);
	o.no_wait = o.dry_run = false;
	o.timeout_ns = 0;
	cr_assert_eq(update_flags(&o), WIRE_AT_ONCE);
	o.timeout_ns = 1;
	o.retry = true;
	cr_assert_eq(update_flags(&o), WIRE_AT_ONCE);
	o.retry = false;
	o.no_barrier = true;
	cr_assert_eq(update_flags(&o), WIRE_NO_BARRIER);
}
