/*
 * target_plan.c - does a process run an object that a patch is for?
 *
 * Called by:  target_list.c, run.c, store_path.c, verb_check.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Build-ids are compared in the memory of the process, so that a program whose
 * file was replaced under it is still found.
 */
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "watch.h"

#define BUILD_ID_MAX 64
#define PATH_KEPT 96 /* of longer ones the end */

/* Objects whose build-id was read already: many processes share them. */
struct seen {
	uint64_t device, inode;
	/* Overlay file systems may give an inode number twice, and btrfs does for each of
	 * its subvolumes, of which the mappings do not tell: so also the path, and whose
	 * path it is, by mount namespace. */
	char path[PATH_KEPT];
	ino_t namespace;
	/* And whose process it was seen in: one can write to its own copy of a file's
	 * pages, and hide by that all that has the same file. */
	uid_t euid;
	uint64_t code; /* where its code begins, from its first mapping on */
	bool matches;
};

static struct {
	struct seen *items;
	size_t count;
} seen_objects;

/* `ret_known`: was there a build-id to be read? `ret_code` is where its code begins,
 * from `at` on. */
static bool object_matches(pid_t view, uint64_t at, const struct plan *plan,
			   uint64_t *ret_code, bool *ret_known)
{
	uint8_t id[BUILD_ID_MAX];
	size_t size = proc_build_id(view, at, id, sizeof(id), ret_code);

	*ret_code -= at;
	*ret_known = size != 0;
	for (uint32_t i = 0; size && i < plan->target_count; i++) {
		const struct plan_target *t = &plan->target_records[i];

		if (t->build_id_size == size &&
		    memcmp(plan_bytes(plan, t->build_id), id, size) == 0)
			return true;
	}
	return false;
}

struct walk {
	const struct plan *plan;
	pid_t view;
	ino_t namespace;
	uid_t euid;
	char *cursor; /* of the text of its mappings */
	struct proc_map found;
	uint64_t code; /* where its code would be; 0: no object is looked at */
	bool refused;  /* its memory may not be read */
};

/* Look at the object that begins with this mapping, unless its file is known.
 * `refused` is set if the kernel shows us the mappings alone: reading memory takes
 * more rights (ptrace(2), "Ptrace access mode checking"; Yama adds to these). */
static struct seen object_look(struct walk *w, const struct proc_map *map)
{
	size_t length = strlen(map->path), skip = length < PATH_KEPT ? 0
						: length + 1 - PATH_KEPT;
	struct seen *s = seen_objects.items, new = {.device = map->device,
						    .inode = map->inode,
						    .namespace = w->namespace,
						    .euid = w->euid};
	bool known;

	snprintf(new.path, sizeof(new.path), "%s", map->path + skip);
	for (size_t i = 0; i < seen_objects.count; i++)
		if (s[i].inode == new.inode && s[i].device == new.device &&
		    s[i].namespace == new.namespace && s[i].euid == new.euid &&
		    strcmp(s[i].path, new.path) == 0)
			return s[i];
	watch_note(map->path);
	errno = 0;
	new.matches = object_matches(w->view, map->start, w->plan, &new.code, &known);
	if (!known) { /* of this process, which may just be ending */
		w->refused |= errno == EPERM || errno == EACCES;
		return new;
	}
	s = realloc(s, (seen_objects.count + 1) * sizeof(*s));
	if (s) {
		seen_objects.items = s;
		s[seen_objects.count++] = new;
	}
	return new;
}

/*
 * The first mapping, which holds ELF header and notes, of the next object that the
 * plan is for. Where its code belongs something executable has to be: a debugger
 * maps the file to read. But not the file, for a program may have moved its code
 * to large pages, which have none.
 */
static bool object_next(struct walk *w, struct proc_map *ret)
{
	struct proc_map map;
	struct seen seen;

	while (w->cursor && proc_maps_next(&w->cursor, &map)) {
		/* Shared: no object, but a file of data, or registers of a device. */
		if (map.offset == 0 && map.inode && map.readable && map.is_private) {
			seen = object_look(w, &map);
			if (seen.matches) {
				w->found = map;
				w->code = map.start + seen.code;
			}
		}
		if (w->code < map.start || w->code >= map.end)
			continue;
		w->code = 0;
		*ret = w->found;
		if (map.executable)
			return true;
	}
	return false;
}

/* The mappings of a process, to be freed; NULL with errno. */
static char *walk_init(struct walk *w, pid_t pid, const struct plan *plan)
{
	struct proc_status status;
	char path[64];
	struct stat st;

	*w = (struct walk){.plan = plan};
	/* Not by the owner of its folder: that is root's of one that is not dumpable. */
	if (!proc_status_read(pid, pid, &status))
		return NULL;
	w->euid = status.euid;
	w->cursor = proc_maps_read_any(pid, &w->view);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", w->view);
	if (w->cursor && stat(path, &st) == 0)
		w->namespace = st.st_ino;
	return w->cursor;
}

#define COPIES_MAX 256

unsigned int target_copies(pid_t pid, const struct plan *plan)
{
	struct walk w;
	CLEANUP(cleanup_free) char *maps = walk_init(&w, pid, plan);
	struct proc_map map[COPIES_MAX];
	unsigned int most = 0;

	for (size_t n = 0; n < COPIES_MAX && object_next(&w, &map[n]); n++) {
		unsigned int count = 1;

		for (size_t i = 0; i < n; i++)
			count += map[i].inode == map[n].inode &&
				 map[i].device == map[n].device;
		most = count > most ? count : most;
	}
	return most;
}

int target_maps_plan(pid_t pid, const struct plan *plan)
{
	struct walk w;
	CLEANUP(cleanup_free) char *maps = walk_init(&w, pid, plan);
	struct proc_map map;

	if (!maps)
		return errno == ENOENT || errno == ESRCH ? 0 : -1;
	if (object_next(&w, &map))
		return 1;
	return w.refused ? -1 : 0;
}

struct question {
	pid_t pid;
	const struct plan *plan;
};

static void maps_look(void *data, size_t i, void *ret)
{
	const struct question *q = data;

	(void)i;
	*(int *)ret = target_maps_plan(q->pid, q->plan);
}

enum opus_code target_plan_watched(pid_t pid, const struct plan *plan, int *ret_maps,
				   struct opus_error *err)
{
	struct question q = {pid, plan};
	char note[WATCH_NOTE];

	return watch_one(maps_look, &q, ret_maps, sizeof(*ret_maps), note)
		       ? OPUS_OK : watch_silent(note, err);
}

static void copies_look(void *data, size_t i, void *ret)
{
	const struct question *q = data;

	(void)i;
	*(unsigned int *)ret = target_copies(q->pid, q->plan);
}

enum opus_code target_copies_watched(pid_t pid, const struct plan *plan,
				     unsigned int *ret_copies,
				     struct opus_error *err)
{
	struct question q = {pid, plan};
	char note[WATCH_NOTE];

	return watch_one(copies_look, &q, ret_copies, sizeof(*ret_copies), note)
		       ? OPUS_OK : watch_silent(note, err);
}

void target_plan_forget(void)
{
	free(seen_objects.items);
	memset(&seen_objects, 0, sizeof(seen_objects));
}
