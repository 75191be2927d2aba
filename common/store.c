/*
 * store.c - names, rights and records of the store.
 *
 * Called by:  the agent at start, opus-send.
 * Runs on:    any thread.
 * Locks:      none.
 * Signal:     unsafe: messages are formatted with vsnprintf.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "start.h"

AT_START const char *store_folder(void)
{
	const char *path = secure_getenv(STORE_VARIABLE);

	return path && *path == '/' ? path : STORE_FOLDER;
}

AT_START static char digit(unsigned int value)
{
	return (char)(value < 10 ? '0' + value : 'a' + value - 10);
}

AT_START void store_hex(const uint8_t *id, size_t size, char ret[STORE_ID])
{
	size_t n = 0;

	for (size_t i = 0; i < size && n < STORE_ID - 2; i++) {
		ret[n++] = digit(id[i] >> 4);
		ret[n++] = digit(id[i] & 15);
	}
	ret[n] = '\0';
}

uint32_t store_number(const char *name)
{
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	return end != name && *end == '-' && number < 1000000
		       ? (uint32_t)number : 0;
}

bool store_has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	return length > tail && strcmp(name + length - tail, suffix) == 0;
}

/* --- rights --- */

static enum opus_code rights_check(int fd, const char *name,
				   struct opus_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_set_errno(err, OPUS_PERMISSION, "%.200s", name);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(err, OPUS_PERMISSION,
			"%.200s belongs to user %d, neither to root nor to user %d: not trusted",
			name, (int)st.st_uid, (int)geteuid());
	if ((st.st_mode & 022) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)))
		return error_set(err, OPUS_PERMISSION,
			"others may write to %.200s (mode %04o): not trusted", name,
			(unsigned)st.st_mode & 07777);
	return OPUS_OK;
}

/* After a failed open(2). */
static enum opus_code refused(const char *name, struct opus_error *err)
{
	bool lacks = errno == EMFILE || errno == ENFILE || errno == ENOMEM;

	return error_set_errno(err, lacks ? OPUS_RESOURCE : OPUS_PERMISSION, "%.200s",
			       name);
}

enum opus_code store_open_at(int folder, const char *name, int flags, int *ret,
			     struct opus_error *err)
{
	int fd CLEANUP(cleanup_close) =
		openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	enum opus_code code;

	if (fd < 0 && errno == ENOENT)
		return error_set_errno(err, OPUS_NO_TARGET, "%.200s", name);
	if (fd < 0)
		return refused(name, err);
	code = rights_check(fd, name, err);
	if (code == OPUS_OK)
		*ret = fd_steal(&fd);
	return code;
}

enum opus_code store_open(const char *path, int *ret, struct opus_error *err)
{
	int at CLEANUP(cleanup_close) = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum opus_code code = at < 0 ? refused("/", err) : rights_check(at, "/", err);
	char name[256];
	size_t size;

	for (; code == OPUS_OK && *path; path += size) {
		int next;

		path += strspn(path, "/");
		size = strcspn(path, "/");
		if (size == 0)
			break;
		if (size >= sizeof(name))
			return error_set(err, OPUS_NO_TARGET, "%.200s: too long", path);
		memcpy(name, path, size);
		name[size] = '\0';
		code = store_open_at(at, name, O_RDONLY | O_DIRECTORY, &next, err);
		if (code == OPUS_OK) {
			close(at);
			at = next;
		}
	}
	if (code == OPUS_OK)
		*ret = fd_steal(&at);
	return code;
}

/* --- switches --- */

static bool kernel_says_off(void)
{
	int fd CLEANUP(cleanup_close) = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	size_t size = strlen(STORE_KERNEL_WORD);

	text[n > 0 ? n : 0] = '\0';
	for (const char *at = text; (at = strstr(at, STORE_KERNEL_WORD)) != NULL;
	     at += size)
		if ((at == text || at[-1] == ' ') && strchr(" \n", at[size]))
			return true;
	return false;
}

const char *store_switched_off(int folder)
{
	const char *word = secure_getenv(START_SWITCH);

	if (word && strcmp(word, "off") == 0)
		return "the environment (" START_SWITCH "=off)";
	if (faccessat(folder, STORE_OFF, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return "the file \"" STORE_OFF "\" in the store";
	if (kernel_says_off())
		return "the kernel's command line (" STORE_KERNEL_WORD ")";
	return NULL;
}

/* --- starts --- */

#define OPEN_MAX 64 /* starts that are looked at, the last ones */

struct open_start {
	pid_t pid;
	uint64_t at_ms;
	bool ended; /* by itself, and perhaps left a child */
};

struct reader {
	struct open_start list[OPEN_MAX];
	uint32_t count;
};

static void start_drop(struct reader *r, uint32_t i)
{
	memmove(&r->list[i], &r->list[i + 1],
		(--r->count - i) * sizeof(r->list[0]));
}

static void start_add(struct reader *r, pid_t pid, uint64_t at_ms)
{
	if (r->count == OPEN_MAX)
		start_drop(r, 0);
	r->list[r->count++] = (struct open_start){pid, at_ms, false};
}

static void start_end(struct reader *r, pid_t pid)
{
	for (uint32_t i = r->count; i-- > 0;)
		if (r->list[i].pid == pid) {
			r->list[i].ended = true;
			return;
		}
}

static void line_read(struct reader *r, char kind, unsigned long number,
		      unsigned long long at_ms, struct store_starts *ret)
{
	switch (kind) {
	case 'S':
		/* Another machine start: that clock began anew. */
		if (r->count && r->list[r->count - 1].at_ms > at_ms)
			r->count = 0;
		start_add(r, (pid_t)number, at_ms);
		break;
	case 'E': r->count = 0; break;
	case 'X': start_end(r, (pid_t)number); break;
	case 'A':
		r->count = 0;
		if (ret->aside_count < STORE_ASIDE_MAX)
			ret->aside[ret->aside_count++] = (uint32_t)number;
		break;
	}
}

void store_starts_read(const char *text, uint64_t now_ms, bool (*alive)(pid_t),
		       struct store_starts *ret)
{
	struct reader r = {.count = 0};

	memset(ret, 0, sizeof(*ret));
	for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		unsigned long number;
		unsigned long long at_ms = 0;
		char kind;

		if (sscanf(text, "%c %lu %llu", &kind, &number, &at_ms) >= 2)
			line_read(&r, kind, number, at_ms, ret);
	}
	/* A death at start is one that the next start followed soon. A daemon's first
	 * process ends once for each start; more are sessions that went well. */
	for (uint32_t i = 0, ended = 0; i < r.count; i++) {
		uint64_t next = i + 1 < r.count ? r.list[i + 1].at_ms : now_ms;

		ended = r.list[i].ended ? ended + 1 : 0;
		if (ended > 1)
			ret->deaths = 0;
		else if (ended)
			continue;
		else if (next < r.list[i].at_ms || next - r.list[i].at_ms > STORE_SOON_MS)
			ret->deaths = 0;
		else if (!alive(r.list[i].pid))
			ret->deaths++;
	}
}
