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

#include "common/cleanup.h"

#define BUILD_ID_MAX 64

/* Objects whose build-id was read already: many processes share them. */
struct seen {
	uint64_t device, inode;
	char name[32]; /* overlay file systems may give an inode number twice */
	bool matches;
};

static struct {
	struct seen *items;
	size_t count;
} seen_objects;

/* `ret_known`: was there a build-id to be read? */
static bool object_matches(pid_t view, const struct proc_map *map,
			   const struct plan *plan, bool *ret_known)
{
	uint8_t id[BUILD_ID_MAX];
	size_t size = proc_build_id(view, map->start, id, sizeof(id));

	*ret_known = size != 0;
	for (uint32_t i = 0; size && i < plan->target_count; i++) {
		const struct plan_target *t = &plan->target_records[i];

		if (t->build_id_size == size &&
		    memcmp(plan_bytes(plan, t->build_id), id, size) == 0)
			return true;
	}
	return false;
}

static bool object_matches_cached(pid_t view, const struct proc_map *map,
				  const struct plan *plan)
{
	struct seen *s = seen_objects.items, new = {.device = map->device,
						    .inode = map->inode};
	bool known;

	snprintf(new.name, sizeof(new.name), "%s", proc_basename(map->path));
	for (size_t i = 0; i < seen_objects.count; i++)
		if (s[i].inode == new.inode && s[i].device == new.device &&
		    strcmp(s[i].name, new.name) == 0)
			return s[i].matches;
	new.matches = object_matches(view, map, plan, &known);
	if (!known)
		return false; /* of this process, which may just be ending */
	s = realloc(s, (seen_objects.count + 1) * sizeof(*s));
	if (s) {
		seen_objects.items = s;
		s[seen_objects.count++] = new;
	}
	return new.matches;
}

struct walk {
	const struct plan *plan;
	pid_t view;
	char *cursor; /* of the text of its mappings */
	struct proc_map found;
};

/* The next mapping of code of an object that the plan is for. */
static bool code_next(struct walk *w, struct proc_map *ret)
{
	while (w->cursor && proc_maps_next(&w->cursor, ret)) {
		/* An object's first mapping holds its ELF header and notes. */
		if (ret->offset == 0 && ret->inode && ret->readable &&
		    object_matches_cached(w->view, ret, w->plan))
			w->found = *ret;
		/* A debugger maps it to read, whoever runs it to execute. */
		if (w->found.inode && ret->executable &&
		    ret->inode == w->found.inode && ret->device == w->found.device)
			return true;
	}
	return false;
}

unsigned int target_copies(pid_t pid, const struct plan *plan)
{
	struct walk w = {.plan = plan};
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &w.view);
	struct proc_map map, code = {0};
	unsigned int count = 0, most = 0;

	w.cursor = maps;
	while (code_next(&w, &map)) {
		/* The same piece of the same file once more is another copy. */
		if (map.inode != code.inode || map.device != code.device) {
			code = map;
			count = 0;
		}
		count += map.offset == code.offset;
		most = count > most ? count : most;
	}
	return most;
}

int target_maps_plan(pid_t pid, const struct plan *plan)
{
	struct walk w = {.plan = plan};
	CLEANUP(cleanup_free) char *maps = proc_maps_read_any(pid, &w.view);
	struct proc_map map;

	if (!maps)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	w.cursor = maps;
	return code_next(&w, &map);
}

void target_plan_forget(void)
{
	free(seen_objects.items);
	memset(&seen_objects, 0, sizeof(seen_objects));
}
