/*
 * scan.c - tell from /proc what would keep a process from being patched.
 *
 * Called by:  verb_scan.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "scan.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "module.h"

static const struct {
	const char *json, *text;
} kinds[] = {
#define S(name, json, text) {json, text},
	SCAN_KINDS(S)
#undef S
};

const char *scan_text(enum scan_kind kind)
{
	return kinds[kind].text;
}

const char *scan_json(enum scan_kind kind)
{
	return kinds[kind].json;
}

/* A file of /proc/PID, whole; NULL if it may not be read. */
static char *file_read(const struct target *t, const char *name, size_t *size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", t->view, name);
	return proc_file_read(path, size);
}

/* The kernel said so to the loader, in the auxiliary vector. */
static bool is_secure(const struct target *t)
{
	uint64_t secure;

	return proc_auxv(t->view, AT_SECURE, &secure) && secure;
}

/* LD_PRELOAD at its start; words are separated by NUL. */
static bool preload_was_asked(const struct target *t)
{
	size_t size = 0;
	CLEANUP(cleanup_free) char *text = file_read(t, "environ", &size);

	for (size_t at = 0; text && at < size; at += strlen(text + at) + 1)
		if (strncmp(text + at, "LD_PRELOAD=", 11) == 0 &&
		    strstr(text + at, "libopus-agent.so"))
			return true;
	return false;
}

static bool other_namespace(const struct target *t)
{
	char path[64], theirs[64] = "", ours[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", t->view);
	return readlink(path, theirs, sizeof(theirs) - 1) > 0 &&
	       readlink("/proc/self/ns/mnt", ours, sizeof(ours) - 1) > 0 &&
	       strcmp(theirs, ours) != 0;
}

struct mapped {
	bool loader, glibc, musl;
};

/* What is mapped to be run, and whether its file is still there. */
static struct mapped maps_look(char *maps, struct scan *ret)
{
	struct mapped m = {false, false, false};
	char *cursor = maps;
	struct proc_map map;

	while (maps && proc_maps_next(&cursor, &map)) {
		const char *name = proc_basename(map.path);
		const char *gone = strstr(map.path, " (deleted)");

		if (!map.executable || !map.inode)
			continue;
		/* Debian's ld-musl is a link to it; glibc's is a text. */
		m.musl |= strncmp(name, "ld-musl", 7) == 0 ||
			  strcmp(name, "libc.so") == 0;
		m.loader |= strncmp(name, "ld-linux", 8) == 0 ||
			    strncmp(name, "ld-2.", 5) == 0;
		m.glibc |= strncmp(name, "libc.so.6", 9) == 0 ||
			   strncmp(name, "libc-2.", 7) == 0;
		/* memfds of patches and of JIT compilers are "deleted", too. */
		if (gone && !ret->upgraded && strncmp(map.path, "/memfd:", 7) != 0 &&
		    strncmp(map.path, "/dev/", 5) != 0) {
			ret->upgraded = true;
			snprintf(ret->upgraded_path, sizeof(ret->upgraded_path),
				 "%.*s", (int)(gone - map.path), map.path);
		}
	}
	return m;
}

static enum scan_kind without_agent(const struct target *t, pid_t view, char *maps,
				    const struct mapped *m)
{
	if (proc_is_32bit(t->view))
		return SCAN_32BIT;
	if (m->musl)
		return SCAN_LIBC;
	if (!m->loader && !m->glibc)
		return SCAN_STATIC;
	/* libc comes last of all, behind what is preloaded. */
	if (modules_starting(view, maps))
		return SCAN_STARTING;
	if (!m->glibc)
		return SCAN_LIBC;
	if (is_secure(t))
		return SCAN_RIGHTS;
	if (preload_was_asked(t))
		return SCAN_FAILED;
	return other_namespace(t) ? SCAN_NAMESPACE : SCAN_NONE;
}

static enum scan_kind with_agent(struct target *t)
{
	struct opus_error ignored;

	if (t->beacon.flags & BEACON_OFF)
		return SCAN_OFF;
	return target_check_contact(t, false, &ignored) == OPUS_CONFINED
		       ? SCAN_CONFINED : SCAN_READY;
}

void scan_exe_read(const struct target *t, struct scan *ret)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", t->view);
	n = readlink(path, ret->exe, sizeof(ret->exe) - 1);
	ret->exe[n > 0 ? n : 0] = '\0';
}

bool scan_look(struct target *t, struct scan *ret)
{
	struct opus_error ignored;
	enum opus_code code = target_look(t, &ignored);
	pid_t view;
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(t->pid, &view);
	CLEANUP(cleanup_free) char *copy = maps ? strdup(maps) : NULL;
	struct mapped m;

	memset(ret, 0, sizeof(*ret));
	if (code == OPUS_NO_TARGET || code == OPUS_DIED)
		return false;
	scan_exe_read(t, ret);
	m = maps_look(copy, ret);
	if (code == OPUS_OK)
		ret->kind = with_agent(t);
	else if (code == OPUS_VERSION)
		ret->kind = SCAN_VERSION;
	else if (code == OPUS_PERMISSION)
		ret->kind = SCAN_HIDDEN;
	else
		ret->kind = maps ? without_agent(t, view, maps, &m) : SCAN_HIDDEN;
	return true;
}
