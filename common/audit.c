/*
 * audit.c - speak the journal's own protocol, and syslog's.
 *
 * Called by:  start.c, store.c in the agent; run.c of opus-send.
 * Runs on:    agent thread, the thread that starts, command.
 * Locks:      none.
 * Signal:     unsafe: text is formatted with snprintf.
 *
 * The journal takes a datagram of lines FIELD=value (systemd.journal-fields(7),
 * "Native Journal Protocol"). A value must not hold a line break, which would
 * begin a field of the author's choice.
 */
#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "cleanup.h"

#define JOURNAL "/run/systemd/journal/socket"
#define SYSLOG "/dev/log"
#define RECORD_MAX 2048

struct record {
	char *text;
	size_t size, used;
};

static void field(struct record *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void field(struct record *r, const char *format, ...)
{
	size_t room = r->size - r->used;
	char *start = r->text + r->used;
	va_list args;
	int n;

	if (room < 2)
		return;
	va_start(args, format);
	n = vsnprintf(start, room - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	n = (size_t)n < room - 1 ? n : (int)room - 2;
	for (char *s = start; s < start + n; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	start[n] = '\n';
	start[n + 1] = '\0';
	r->used += (size_t)n + 1;
}

/* The user who logged in, whoever he has become since; -1: nobody. */
static long login_uid(void)
{
	int fd CLEANUP(cleanup_close) = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char text[16] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	return n > 0 ? (int)strtoul(text, NULL, 10) : -1;
}

static int priority(const struct audit *a)
{
	return code_status(a->result->code) == 0 ? LOG_NOTICE : LOG_WARNING;
}

static void message(const struct audit *a, char *ret, size_t size)
{
	const struct opus_error *e = a->result;

	snprintf(ret, size, "%s of patch %.128s in process %d (%.32s) by uid %d: %s%s%.300s",
		 a->action, a->patch, (int)a->pid, a->command, (int)getuid(),
		 code_text(e->code), e->text[0] ? ": " : "", e->text);
}

size_t audit_format(const struct audit *a, char *ret, size_t size)
{
	struct record r = {ret, size, 0};
	char text[640];

	message(a, text, sizeof(text));
	field(&r, "MESSAGE=%s", text);
	field(&r, "PRIORITY=%d", priority(a));
	field(&r, "SYSLOG_IDENTIFIER=opus-livepatch");
	field(&r, "OPUS_ACTION=%s", a->action);
	field(&r, "OPUS_PATCH=%s", a->patch);
	field(&r, "OPUS_TARGET_PID=%d", (int)a->pid);
	field(&r, "OPUS_TARGET_COMM=%s", a->command);
	field(&r, "OPUS_RESULT=%s", code_json(a->result->code));
	if (a->result->text[0])
		field(&r, "OPUS_REASON=%s", a->result->text);
	field(&r, "OPUS_PAUSE_NS=%llu", (unsigned long long)a->pause_ns);
	field(&r, "OPUS_UID=%d", (int)getuid());
	field(&r, "OPUS_LOGIN_UID=%ld", login_uid());
	return r.used;
}

/* One datagram, if somebody takes it at once. */
static bool datagram_send(const char *path, const char *text, size_t size)
{
	int fd CLEANUP(cleanup_close) =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	return fd >= 0 && sendto(fd, text, size, MSG_NOSIGNAL, (void *)&to,
				 sizeof(to)) == (ssize_t)size;
}

void audit_send(const struct audit *a)
{
	char text[RECORD_MAX], line[700];
	int saved = errno;
	size_t size = audit_format(a, text, sizeof(text));

	if (!datagram_send(JOURNAL, text, size)) {
		message(a, line, sizeof(line));
		size = (size_t)snprintf(text, sizeof(text), "<%d>opus-livepatch[%d]: %s",
					LOG_DAEMON | priority(a), (int)getpid(), line);
		datagram_send(SYSLOG, text, size);
	}
	errno = saved;
}
