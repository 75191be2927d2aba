/*
 * store.c - change the store so that nobody ever sees half of a change.
 *
 * Called by:  verb_store.c, run.c.
 * Runs on:    command.
 * Locks:      flock(2) on the store's folder.
 * Signal:     unsafe: heap.
 *
 * A file is written under another name, brought to the disk, and renamed; the
 * folder is brought to the disk after that. To enable and disable is one
 * rename. An agent that reads meanwhile sees the old state or the new one.
 */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"

#define TEMPORARY ".new"

/* --- open --- */

static enum opus_code folder_make(int at, const char *name, mode_t mode,
				  struct opus_error *err)
{
	struct stat st;

	if (mkdirat(at, name, 0700) != 0) {
		if (errno == EEXIST)
			return OPUS_OK;
		return error_set_errno(err, errno == EACCES || errno == EROFS ||
					    errno == EPERM ? OPUS_PERMISSION
							   : OPUS_RESOURCE,
				       "cannot make the folder %.300s", name);
	}
	/* Not by mkdir: the umask would take bits away. */
	if (fchmodat(at, name, mode, 0) != 0 || fstatat(at, name, &st, 0) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "%.300s", name);
	return OPUS_OK;
}

/* As mkdir -p; what is there keeps its mode, and is looked at afterwards. */
static enum opus_code folders_make(const char *path, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;
	char part[PATH_MAX];

	for (const char *end = path; code == OPUS_OK && *end;) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		code = folder_make(AT_FDCWD, part, 0755, err);
	}
	return code;
}

#define LOCK_TRIES 200
#define LOCK_PAUSE_NS 50000000 /* so ten seconds in all */

/* Anybody may open the folder, and hold the lock for as long as he likes. */
static enum opus_code store_lock(int fd, const char *path, struct opus_error *err)
{
	const struct timespec moment = {0, LOCK_PAUSE_NS};

	for (int n = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; n++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_set_errno(err, OPUS_RESOURCE,
					       "cannot lock %.300s", path);
		if (n == LOCK_TRIES)
			return error_set(err, OPUS_RESOURCE,
				"%.300s has been locked for ten seconds by another process (see lsof(8), or /proc/locks); nothing changed",
				path);
		nanosleep(&moment, NULL);
	}
	return OPUS_OK;
}

enum opus_code store_init(struct store *s, bool write, struct opus_error *err)
{
	const char *path = store_folder();
	enum opus_code code = OPUS_OK;

	s->fd = s->lock = -1;
	if (write)
		code = folders_make(path, err);
	if (code == OPUS_OK)
		code = store_open(path, &s->fd, err);
	if (code == OPUS_NO_TARGET && !write)
		return OPUS_OK;
	if (code != OPUS_OK || !write)
		return code;
	/* Anybody may note a start of his own there: a service that is started
	 * as a user of its own runs its agent as that user. */
	code = folder_make(s->fd, STORE_STARTS, 01733, err);
	s->lock = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (code == OPUS_OK && s->lock < 0)
		code = error_set_errno(err, OPUS_RESOURCE, "cannot open %.300s", path);
	return code == OPUS_OK ? store_lock(s->lock, path, err) : code;
}

void store_deinit(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock >= 0)
		close(s->lock);
	s->fd = s->lock = -1;
}

/* --- write --- */

static enum opus_code bytes_write(int fd, const void *bytes, size_t size,
				  struct opus_error *err)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = write(fd, (const char *)bytes + at, size - at);

		if (n < 0 && errno != EINTR)
			return error_set_errno(err, OPUS_RESOURCE,
				"cannot write to the store; nothing was added");
		at += n > 0 ? (size_t)n : 0;
	}
	if (fchmod(fd, 0644) != 0 || fsync(fd) != 0)
		return error_set_errno(err, OPUS_RESOURCE,
			"cannot bring it to the disk; nothing was added");
	return OPUS_OK;
}

static enum opus_code file_write(int folder, const char *name, const void *bytes,
				 size_t size, struct opus_error *err)
{
	char temporary[STORE_NAME + 8];
	enum opus_code code;

	snprintf(temporary, sizeof(temporary), "%s" TEMPORARY, name);
	unlinkat(folder, temporary, 0); /* of one that was killed */
	CLEANUP(cleanup_close) int fd =
		openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
					  O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(err, OPUS_RESOURCE,
			"cannot make a file in the store; nothing was added");
	code = bytes_write(fd, bytes, size, err);
	if (code == OPUS_OK && renameat(folder, temporary, folder, name) != 0)
		code = error_set_errno(err, OPUS_RESOURCE,
				       "cannot rename a file in the store");
	if (code != OPUS_OK)
		unlinkat(folder, temporary, 0);
	else
		fsync(folder);
	return code;
}

/* Letters of a name that a file may have; the rest becomes '_'. */
static void name_clean(const char *name, char ret[STORE_NAME])
{
	size_t n = 0;

	for (; *name && n < STORE_NAME - 16; name++)
		ret[n++] = strchr("-+._", *name) ||
			   (*name >= '0' && *name <= '9') ||
			   (*name >= 'a' && *name <= 'z') ||
			   (*name >= 'A' && *name <= 'Z') ? *name : '_';
	ret[n] = '\0';
}

static enum opus_code entry_write(struct store *s, const struct patch_file *f,
				  struct store_entry *e, struct opus_error *err)
{
	char clean[STORE_NAME], info[STORE_NAME + 8], line[PATH_MAX + 1];
	CLEANUP(cleanup_close) int folder = -1;
	enum opus_code code = folder_make(s->fd, e->folder, 0755, err);

	if (code == OPUS_OK)
		code = store_open_at(s->fd, e->folder, O_RDONLY | O_DIRECTORY,
				     &folder, err);
	if (code != OPUS_OK)
		return code;
	fsync(s->fd);
	name_clean(e->name, clean);
	snprintf(e->file, sizeof(e->file), "%06u-%.*s" STORE_ON_SUFFIX, e->number,
		 STORE_NAME - 16, clean);
	snprintf(info, sizeof(info), "%06u-%.*s" STORE_INFO_SUFFIX, e->number,
		 STORE_NAME - 16, clean);
	/* First what is for people only: with the patch it is in force. */
	if (e->path[0]) {
		int size = snprintf(line, sizeof(line), "%s\n", e->path);

		code = file_write(folder, info, line, (size_t)size, err);
	}
	if (code == OPUS_OK)
		code = file_write(folder, e->file, f->content, f->size, err);
	if (code != OPUS_OK) {
		unlinkat(folder, info, 0);
		unlinkat(s->fd, e->folder, AT_REMOVEDIR); /* if it is empty */
	}
	return code;
}

static enum opus_code path_set(const struct patch_file *f, const char *path,
			       struct store_entry *e, struct opus_error *err)
{
	char id[STORE_ID];

	if (!path) {
		store_find_object(&f->plan, e->object, e->folder, e->path);
		return OPUS_OK;
	}
	if (!realpath(path, e->path))
		return error_set_errno(err, OPUS_NO_TARGET, "%.300s", path);
	store_file_id(e->path, id);
	if (strcmp(id, e->folder) != 0)
		return error_set(err, OPUS_NO_MATCH,
			"%.200s has build-id %s, the patch is for %s", path,
			id[0] ? id : "none", e->folder);
	return OPUS_OK;
}

static enum opus_code entry_switch(struct store *s, const struct store_entry *e,
				   bool on, struct opus_error *err)
{
	char to[STORE_NAME + 8];
	CLEANUP(cleanup_close) int folder = -1;
	enum opus_code code = store_open_at(s->fd, e->folder,
					    O_RDONLY | O_DIRECTORY, &folder, err);

	if (code != OPUS_OK || e->enabled == on)
		return code;
	snprintf(to, sizeof(to), "%.*s%s", (int)(strrchr(e->file, '.') - e->file),
		 e->file, on ? STORE_ON_SUFFIX : STORE_OFF_SUFFIX);
	if (renameat(folder, e->file, folder, to) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "cannot rename %.200s",
				       e->file);
	fsync(folder);
	return OPUS_OK;
}

static void entry_describe(const struct patch_file *f, struct store_entry *e)
{
	const struct plan *p = &f->plan;
	const struct plan_target *t =
		&p->target_records[p->func_count ? p->func_records[0].target : 0];

	memset(e, 0, sizeof(*e));
	e->enabled = e->readable = true;
	store_hex(plan_bytes(p, t->build_id), t->build_id_size, e->folder);
	snprintf(e->name, sizeof(e->name), "%s", plan_string(p, p->info->name));
	snprintf(e->object, sizeof(e->object), "%s", plan_string(p, t->name));
	memcpy(e->digest, p->header->digest, sizeof(e->digest));
}

/* The entry with the same patch, or one that is in its way. */
static const struct store_entry *entry_known(const struct store_list *list,
					     const struct store_entry *e)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct store_entry *x = &list->entries[i];

		if (strcmp(x->folder, e->folder) == 0 && x->readable &&
		    (memcmp(x->digest, e->digest, sizeof(e->digest)) == 0 ||
		     strcmp(x->name, e->name) == 0))
			return x;
	}
	return NULL;
}

enum opus_code store_add(struct store *s, const struct patch_file *f,
			 const char *path, struct store_entry *ret,
			 struct opus_error *err)
{
	struct store_list list = {0};
	const struct store_entry *known;
	enum opus_code code;

	entry_describe(f, ret);
	if (!ret->folder[0])
		return error_set(err, OPUS_INVALID,
			"%s has no build-id: what belongs to it could not be told",
			ret->object);
	code = store_read(s, &list, err);
	known = code == OPUS_OK ? entry_known(&list, ret) : NULL;
	if (known && memcmp(known->digest, ret->digest, sizeof(ret->digest)) == 0) {
		*ret = *known;
		code = entry_switch(s, known, true, err);
		ret->enabled = true;
		code = code == OPUS_OK ? OPUS_ALREADY : code;
	} else if (known) {
		code = error_set(err, OPUS_ORDER,
			"another patch named %s for the same build of %s is in the store: remove it first",
			ret->name, ret->object);
	} else if (code == OPUS_OK) {
		ret->number = list.count ? list.entries[list.count - 1].number + 1 : 1;
		code = path_set(f, path, ret, err);
		if (code == OPUS_OK)
			code = entry_write(s, f, ret, err);
	}
	store_list_deinit(&list);
	return code;
}

/* --- by name --- */

static enum opus_code entry_remove(struct store *s, const struct store_entry *e,
				   struct opus_error *err)
{
	char info[STORE_NAME + 8];
	CLEANUP(cleanup_close) int folder = -1;
	enum opus_code code = store_open_at(s->fd, e->folder,
					    O_RDONLY | O_DIRECTORY, &folder, err);

	if (code != OPUS_OK)
		return code;
	snprintf(info, sizeof(info), "%.*s" STORE_INFO_SUFFIX,
		 (int)(strrchr(e->file, '.') - e->file), e->file);
	if (unlinkat(folder, e->file, 0) != 0)
		return error_set_errno(err, OPUS_RESOURCE, "cannot remove %.200s",
				       e->file);
	unlinkat(folder, info, 0);
	fsync(folder);
	unlinkat(s->fd, e->folder, AT_REMOVEDIR); /* if it is empty now */
	return OPUS_OK;
}

/* Forget how the starts went: numbers are given anew once the highest is free,
 * and what was set aside gets another chance. */
static void starts_forget(struct store *s)
{
	int fd = openat(s->fd, STORE_STARTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			unlinkat(fd, d->d_name, 0);
	if (dir)
		closedir(dir);
}

enum change { CHANGE_REMOVE, CHANGE_ENABLE, CHANGE_DISABLE };

static enum opus_code store_change(struct store *s, const char *name,
				   enum change change, size_t *ret,
				   struct opus_error *err)
{
	struct store_list list;
	enum opus_code code = store_read(s, &list, err);

	*ret = 0;
	for (size_t i = 0; code == OPUS_OK && i < list.count; i++) {
		const struct store_entry *e = &list.entries[i];

		if (strcmp(e->name, name) != 0)
			continue;
		code = change == CHANGE_REMOVE ? entry_remove(s, e, err)
			: entry_switch(s, e, change == CHANGE_ENABLE, err);
		*ret += code == OPUS_OK;
	}
	store_list_deinit(&list);
	if (code == OPUS_OK && *ret == 0)
		return error_set(err, OPUS_NO_PATCH,
				 "the store has no patch named %.200s", name);
	if (code == OPUS_OK && change != CHANGE_DISABLE)
		starts_forget(s);
	return code;
}

enum opus_code store_remove(struct store *s, const char *name, size_t *ret,
			    struct opus_error *err)
{
	return store_change(s, name, CHANGE_REMOVE, ret, err);
}

enum opus_code store_enable(struct store *s, const char *name, bool on,
			    size_t *ret, struct opus_error *err)
{
	return store_change(s, name, on ? CHANGE_ENABLE : CHANGE_DISABLE, ret, err);
}
