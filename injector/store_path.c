/*
 * store_path.c - where on this machine is the object that a patch is for?
 *
 * Called by:  store.c, store_list.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "dw.h"
#include "proc.h"
#include "store.h"
#include "target.h"

void store_file_id(const char *path, char ret[STORE_ID])
{
	int fd CLEANUP(cleanup_close) = proc_regular_open(path);
	const void *id;
	ssize_t size;
	Elf *elf;

	ret[0] = '\0';
	if (!dw_open())
		return;
	dw.elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : dw.elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf)
		return;
	size = dw.dwelf_elf_gnu_build_id(elf, &id);
	if (size > 0)
		store_hex(id, (size_t)size, ret);
	dw.elf_end(elf);
}

static bool file_fits(const char *path, const char *id)
{
	char now[STORE_ID];

	store_file_id(path, now);
	return strcmp(now, id) == 0;
}

/* A mapping of this process with that file name and build-id. */
static bool find_in_process(pid_t pid, const char *object, const char *id,
			    char ret[PATH_MAX])
{
	pid_t view;
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &view);
	char *cursor = maps;
	struct proc_map map;

	while (maps && proc_maps_next(&cursor, &map))
		if (map.offset == 0 && map.inode && strlen(map.path) < PATH_MAX &&
		    strcmp(proc_basename(map.path), object) == 0 &&
		    file_fits(map.path, id)) {
			strcpy(ret, map.path);
			return true;
		}
	return false;
}

/* Of all processes. */
struct search {
	const pid_t *pids;
	const struct plan *plan;
	const char *object, *id;
	bool found;
};

static void process_look(void *data, size_t i, void *ret)
{
	struct search *s = data;

	/* One is enough; a file that does not fit may be in `ret` then. */
	if (!s->found && target_maps_plan(s->pids[i], s->plan) > 0 &&
	    find_in_process(s->pids[i], s->object, s->id, ret))
		s->found = true;
	else
		*(char *)ret = '\0';
}

bool store_find_object(const struct plan *plan, const char *object,
		       const char *id, char ret[PATH_MAX])
{
	static const char *const folders[] = {
		"/usr/sbin", "/usr/bin", "/usr/lib/x86_64-linux-gnu", "/usr/lib",
		"/lib/x86_64-linux-gnu", "/sbin", "/bin", "/usr/lib64",
		"/usr/local/sbin", "/usr/local/bin", "/usr/local/lib",
	};
	CLEANUP(cleanup_free) pid_t *pids = NULL;
	ssize_t count = proc_processes(&pids);
	struct search s = {.pids = pids, .plan = plan, .object = object, .id = id};
	struct watch w;
	bool found = false;

	if (count > 0 && watch_init(&w, process_look, &s, (size_t)count, PATH_MAX)) {
		for (size_t i = 0; i < (size_t)count && !found; i++) {
			memcpy(ret, watch_result(&w, i), PATH_MAX);
			found = ret[0] != '\0';
		}
		watch_deinit(&w);
	}
	if (found)
		return true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(ret, PATH_MAX, "%s/%s", folders[i], object);
		if (file_fits(ret, id))
			return true;
	}
	ret[0] = '\0';
	return false;
}
