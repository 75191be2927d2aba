/*
 * store_list.c - what the store holds, and what has become of it.
 *
 * Called by:  store.c, verb_store.c.
 * Runs on:    command.
 * Locks:      none: files appear and vanish as wholes.
 * Signal:     unsafe: heap.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "store.h"

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static DIR *folder_open(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* --- one entry --- */

static void plan_describe(const struct plan *p, struct store_entry *e)
{
	const struct plan_target *t =
		&p->target_records[p->func_count ? p->func_records[0].target : 0];
	size_t at = 0;

	snprintf(e->name, sizeof(e->name), "%s", plan_string(p, p->info->name));
	snprintf(e->object, sizeof(e->object), "%s", plan_string(p, t->name));
	for (uint32_t i = 0; i < p->label_count && at < sizeof(e->labels); i++)
		at += (size_t)snprintf(e->labels + at, sizeof(e->labels) - at,
				       "%s%s", i ? " " : "",
				       plan_string(p, p->label_records[i].text));
	memcpy(e->digest, p->header->digest, sizeof(e->digest));
}

/* 000007-name.opus -> 000007-name.info, which holds one line, the path. */
static void path_read(int folder, struct store_entry *e)
{
	char name[STORE_NAME + 8];
	ssize_t n;

	snprintf(name, sizeof(name), "%.*s" STORE_INFO_SUFFIX,
		 (int)(strrchr(e->file, '.') - e->file), e->file);
	CLEANUP(cleanup_close) int fd =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, e->path, sizeof(e->path) - 1);
	e->path[n > 0 ? n : 0] = '\0';
	e->path[strcspn(e->path, "\n")] = '\0';
}

static void fit_find(struct store_entry *e)
{
	char id[STORE_ID];

	if (!e->path[0]) {
		e->fit = STORE_UNKNOWN;
		return;
	}
	store_file_id(e->path, id);
	e->fit = strcmp(id, e->folder) == 0 ? STORE_FITS
		 : access(e->path, F_OK) == 0 ? STORE_CHANGED : STORE_GONE;
}

static void entry_read(int folder, struct store_entry *e)
{
	struct opus_error ignored;
	struct patch_file f;
	char path[64];
	CLEANUP(cleanup_close) int fd =
		openat(folder, e->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e->readable = patch_file_init(&f, path, &ignored) == OPUS_OK;
	if (e->readable)
		plan_describe(&f.plan, e);
	else
		snprintf(e->name, sizeof(e->name), "%.*s",
			 (int)(strrchr(e->file, '.') - e->file - 7), e->file + 7);
	patch_file_deinit(&f);
	path_read(folder, e);
	fit_find(e);
}

/* --- starts --- */

static bool process_lives(pid_t pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

/* "<build-id, 16 digits>.<uid>": note in the entries who set them aside. */
static void starts_read(int folder, const char *name, struct store_list *list)
{
	CLEANUP(cleanup_close) int fd =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	static char text[STORE_STARTS_MAX + 4096];
	const char *uid = strrchr(name, '.');
	struct store_starts starts;
	struct passwd *user;
	struct stat st;
	ssize_t n;

	/* As the agent does: only the user's own or root's words count. */
	if (fd < 0 || !uid || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_uid != 0 && st.st_uid != (uid_t)strtoul(uid + 1, NULL, 10)))
		return;
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	store_starts_read(text, 0, process_lives, &starts);
	user = getpwuid((uid_t)strtoul(uid + 1, NULL, 10));
	for (uint32_t i = 0; i < starts.aside_count; i++)
		for (size_t k = 0; k < list->count; k++)
			if (list->entries[k].number == starts.aside[i])
				snprintf(list->entries[k].aside,
					 sizeof(list->entries[k].aside),
					 "died at start %d times as user %s (program %.*s)",
					 STORE_DEATHS, user ? user->pw_name : uid + 1,
					 (int)(uid - name), name);
}

static void aside_find(int store, struct store_list *list)
{
	DIR *dir CLEANUP(cleanup_dir) = folder_open(store, STORE_STARTS);
	struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			starts_read(dirfd(dir), d->d_name, list);
}

/* --- all --- */

static enum opus_code folder_read(int store, const char *id,
				  struct store_list *list, struct opus_error *err)
{
	DIR *dir CLEANUP(cleanup_dir) = folder_open(store, id);
	struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL) {
		bool on = store_has_suffix(d->d_name, STORE_ON_SUFFIX);
		struct store_entry *more, *e;

		if (store_number(d->d_name) == 0 || strlen(d->d_name) >= STORE_NAME ||
		    (!on && !store_has_suffix(d->d_name, STORE_OFF_SUFFIX)))
			continue;
		more = realloc(list->entries, (list->count + 1) * sizeof(*more));
		if (!more)
			return error_set(err, OPUS_RESOURCE, "no memory");
		list->entries = more;
		e = &more[list->count++];
		memset(e, 0, sizeof(*e));
		e->number = store_number(d->d_name);
		e->enabled = on;
		snprintf(e->folder, sizeof(e->folder), "%s", id);
		strcpy(e->file, d->d_name);
		entry_read(dirfd(dir), e);
	}
	return OPUS_OK;
}

static int entry_compare(const void *a, const void *b)
{
	uint32_t x = ((const struct store_entry *)a)->number;
	uint32_t y = ((const struct store_entry *)b)->number;

	return x < y ? -1 : x > y;
}

static bool is_id(const char *name)
{
	return strlen(name) >= 16 && strlen(name) < STORE_ID &&
	       name[strspn(name, "0123456789abcdef")] == '\0';
}

enum opus_code store_read(const struct store *s, struct store_list *ret,
			  struct opus_error *err)
{
	DIR *dir CLEANUP(cleanup_dir) = s->fd < 0 ? NULL : folder_open(s->fd, ".");
	enum opus_code code = OPUS_OK;
	struct dirent *d;

	memset(ret, 0, sizeof(*ret));
	while (dir && code == OPUS_OK && (d = readdir(dir)) != NULL)
		if (is_id(d->d_name))
			code = folder_read(s->fd, d->d_name, ret, err);
	if (ret->count)
		qsort(ret->entries, ret->count, sizeof(*ret->entries), entry_compare);
	if (s->fd >= 0)
		aside_find(s->fd, ret);
	return code;
}

void store_list_deinit(struct store_list *list)
{
	free(list->entries);
	memset(list, 0, sizeof(*list));
}
