/*
 * store.c - find what the store holds for the loaded objects, and apply it.
 *
 * Called by:  start.c before main(), control.c when a library was loaded.
 * Runs on:    the first thread before main(), the agent thread afterwards;
 *             control_hold() keeps the two apart.
 * Locks:      the loader's and malloc's.
 * Signal:     unsafe: heap, loader.
 *
 * A program that no patch concerns pays one path per loaded object: its
 * build-id is the name of a folder. Rights are looked at where there is one.
 * Files are read through descriptors, so what was checked is what is used.
 */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "common/cleanup.h"
#include "common/store.h"
#include "guard.h"
#include "object.h"
#include "patch.h"
#include "start.h"

START_DATA bool store_there;

/* Which file of the store it is: numbers are given again. */
struct file_id {
	uint32_t number;
	ino_t inode;
	struct timespec written;
};

struct entry {
	struct file_id id;
	char folder[STORE_ID];
	char name[STORE_NAME];
};

struct entries {
	struct entry *list;
	uint32_t count, room;
};

/* Those that were tried and are settled, in order of trying. */
static struct file_id tried[PATCH_MAX];
static uint32_t tried_count;
START_DATA static bool some_wait; /* for an object that is not loaded yet */

/* Folders that were read, so that a library that was loaded and changes
 * nothing costs no more than a look. */
#define KNOWN 64
static char known[KNOWN][STORE_ID];
START_DATA static uint32_t known_count;

static bool was_tried(const struct file_id *id)
{
	for (uint32_t i = 0; i < tried_count; i++)
		if (tried[i].number == id->number && tried[i].inode == id->inode &&
		    tried[i].written.tv_sec == id->written.tv_sec &&
		    tried[i].written.tv_nsec == id->written.tv_nsec)
			return true;
	return false;
}

/* The agent itself and the vDSO cannot be patched, but asking costs nothing. */
static bool object_folder(const struct object *o, char ret[STORE_ID])
{
	store_hex(o->build_id, o->build_id_size, ret);
	return o->build_id_size != 0;
}

AT_START static bool is_known(const char *id)
{
	for (uint32_t i = 0; i < known_count; i++)
		if (strcmp(known[i], id) == 0)
			return true;
	return false;
}

AT_START static bool id_concerns(const uint8_t *id, uint32_t size, void *data)
{
	char name[STORE_ID];

	store_hex(id, size, name);
	return !is_known(name) && faccessat(*(int *)data, name, F_OK, 0) == 0;
}

/* It says nothing of the store that there is no descriptor just now, to look for it. */
AT_START static bool is_short(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

AT_START bool store_concerns(void)
{
	int folder CLEANUP(cleanup_close) =
		open(store_folder(), O_PATH | O_DIRECTORY | O_CLOEXEC);

	store_there = folder >= 0 || is_short(errno);
	return store_there &&
	       (folder < 0 || object_any_id(id_concerns, &folder) || some_wait);
}

/* --- collect --- */

static bool entry_add(struct entries *e, int fd, const char *folder, const char *name)
{
	struct file_id id = {.number = store_number(name)};
	struct stat st;

	if (id.number == 0 || !store_has_suffix(name, STORE_ON_SUFFIX) ||
	    strlen(name) >= STORE_NAME ||
	    fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return true;
	id.inode = st.st_ino;
	id.written = st.st_mtim;
	if (was_tried(&id))
		return true;
	if (e->count == e->room) {
		uint32_t room = e->room ? 2 * e->room : 16;
		struct entry *more = realloc(e->list, room * sizeof(*more));

		if (!more)
			return false;
		e->list = more;
		e->room = room;
	}
	e->list[e->count] = (struct entry){.id = id};
	strcpy(e->list[e->count].folder, folder);
	strcpy(e->list[e->count++].name, name);
	return true;
}

static enum opus_code folder_read(int store, const char *id, struct entries *e,
				  struct opus_error *err)
{
	enum opus_code code = OPUS_OK;
	struct dirent *d;
	DIR *dir;
	int fd;

	code = store_open_at(store, id, O_RDONLY | O_DIRECTORY, &fd, err);
	if (code != OPUS_OK)
		return code;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return error_set_errno(err, OPUS_RESOURCE, "%s", id);
	}
	while (code == OPUS_OK && (d = readdir(dir)) != NULL)
		if (!entry_add(e, fd, id, d->d_name))
			code = error_set(err, OPUS_RESOURCE, "no memory");
	closedir(dir);
	return code;
}

static int entry_compare(const void *a, const void *b)
{
	uint32_t x = ((const struct entry *)a)->id.number;
	uint32_t y = ((const struct entry *)b)->id.number;

	return x < y ? -1 : x > y;
}

/* False: something is lacking that may be there the next time. */
static bool entries_collect(int store, struct entries *e)
{
	char id[STORE_ID];
	bool whole = true;

	if (object_snapshot(NULL) != OPUS_OK)
		return false;
	for (uint32_t i = 0; i < objects_now.count; i++) {
		struct opus_error err;
		enum opus_code code;

		if (!object_folder(&objects_now.list[i], id))
			continue;
		code = folder_read(store, id, e, &err);
		if (code == OPUS_OK && known_count < KNOWN && !is_known(id))
			strcpy(known[known_count++], id);
		if (code != OPUS_OK && code != OPUS_NO_TARGET)
			log_line("store: %s", err.text);
		whole &= code != OPUS_RESOURCE;
	}
	if (e->count)
		qsort(e->list, e->count, sizeof(*e->list), entry_compare);
	return whole;
}

/* --- apply --- */

static enum opus_code entry_apply(int store, const struct entry *e,
				  uint32_t flags, struct opus_error *err)
{
	int folder CLEANUP(cleanup_close) = -1, fd CLEANUP(cleanup_close) = -1;
	enum opus_code code;

	code = store_open_at(store, e->folder, O_RDONLY | O_DIRECTORY, &folder, err);
	if (code == OPUS_OK)
		code = store_open_at(folder, e->name, O_RDONLY, &fd, err);
	return code == OPUS_OK ? start_apply(fd, flags, err) : code;
}

/* False: some are held up by what may be over soon. */
static bool entries_apply(int store, const struct entries *e, uint32_t flags)
{
	bool held_up = false;

	some_wait = false;
	for (uint32_t i = 0; i < e->count && agent_usable(); i++) {
		const struct entry *x = &e->list[i];
		struct opus_error err;
		enum opus_code code;

		error_clear(&err);
		code = guard_allows(x->id.number) ? entry_apply(store, x, flags, &err)
			: error_set(&err, OPUS_CANCELLED,
				    "the program died at its last starts: set aside");
		err.code = code;
		start_tell(x->name, false, &err);
		if (code == OPUS_OTHER_UPDATE || code == OPUS_BUSY)
			some_wait = held_up = true;
		else if (code == OPUS_NO_MATCH || code == OPUS_RESOURCE ||
			 code == OPUS_NO_ANSWER)
			some_wait = true; /* its other objects may come, or room */
		else if (tried_count < PATCH_MAX)
			tried[tried_count++] = x->id;
	}
	return !held_up;
}

static void guard_tell(const struct entries *e)
{
	uint32_t numbers[64], count = 0;

	for (uint32_t i = e->count > 64 ? e->count - 64 : 0; i < e->count; i++)
		numbers[count++] = e->list[i].id.number;
	guard_begin(numbers, count);
}

bool store_apply(uint32_t flags)
{
	int store CLEANUP(cleanup_close) = -1;
	struct entries e = {.count = 0};
	struct opus_error err;
	const char *off;
	bool done;

	if (store_open(store_folder(), &store, &err) != OPUS_OK) {
		log_line("store: %s; nothing is applied", err.text);
		return err.code != OPUS_RESOURCE;
	}
	off = store_switched_off(store);
	if (off) {
		log_line("store: switched off by %s", off);
		return true;
	}
	done = entries_collect(store, &e);
	if (e.count) {
		guard_tell(&e);
		done &= entries_apply(store, &e, flags);
	}
	free(e.list);
	return done;
}
