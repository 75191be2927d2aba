/*
 * exe.c - which processes run a program that the user names?
 *
 * Called by:  target_list.c, verb_scan.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "exe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "target.h"
#include "watch.h"

/* Where services are, which are in no user's PATH. */
#define MORE_FOLDERS "/usr/local/sbin:/usr/sbin:/sbin"

/* The real path of the first program of that name in the folders. */
static char *search(const char *name, const char *folders)
{
	char path[PATH_MAX];
	size_t size;

	for (; folders && *folders; folders += size + (folders[size] == ':')) {
		size = strcspn(folders, ":");
		snprintf(path, sizeof(path), "%.*s/%s", (int)size, folders, name);
		if (size && access(path, X_OK) == 0)
			return realpath(path, NULL);
	}
	return NULL;
}

void exe_init(struct exe *e, const char *name)
{
	e->real = realpath(name, NULL);
	if (!e->real && !strchr(name, '/'))
		e->real = search(name, getenv("PATH"));
	if (!e->real && !strchr(name, '/'))
		e->real = search(name, MORE_FOLDERS);
	e->name = e->real ? e->real : name;
	e->there = e->real && stat(e->real, &e->file) == 0;
}

void exe_deinit(struct exe *e)
{
	free(e->real);
	e->real = NULL;
}

/* Is `now`, a path of the kernel's, the program `name`: a path, or the last part of
 * one? */
static bool is_named(const char *now, const char *name)
{
	const char *base = strrchr(now, '/');
	size_t len = strlen(name);

	if (!strchr(name, '/') && base)
		now = base + 1;
	return strncmp(now, name, len) == 0 &&
	       (now[len] == '\0' || strcmp(now + len, " (deleted)") == 0);
}

/* Under another name, such as that in a container. Of the file system no more is asked
 * than it takes: it may be one that does not answer. */
static bool is_same_file(const struct exe *e, const char *path, const char *now)
{
	struct statx st;

	if (!e->there)
		return false;
	watch_note(now);
	return statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_INO, &st) == 0 &&
	       makedev(st.stx_dev_major, st.stx_dev_minor) == e->file.st_dev &&
	       st.stx_ino == e->file.st_ino;
}

/* By /proc/VIEW, whose thread may be a later one than the first. */
static int runs(const struct exe *e, pid_t pid, pid_t view)
{
	char path[64], now[PATH_MAX + 16];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", view);
	n = readlink(path, now, sizeof(now) - 1);
	if (n < 0 && errno == ENOENT && (view = target_view(pid, view)) != 0)
		return runs(e, pid, view);
	if (n < 0)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	now[n] = '\0';
	return is_named(now, e->name) || is_same_file(e, path, now);
}

int exe_runs(const struct exe *e, pid_t pid)
{
	return runs(e, pid, pid);
}
