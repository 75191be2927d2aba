/*
 * room.c - read the limits of memory cgroups.
 *
 * Called by:  inject.c, verb_apply.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * See cgroups(7): the second version has one tree, the first one a tree for memory.
 * Their files are named differently and mean the same.
 */
#include "room.h"

#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "proc.h"

/* To be loaded, or to apply a patch, an agent takes less than half of it (measured). */
#define AGENT_ROOM (1u << 20)
#define NO_LIMIT (1ull << 60) /* as the first version says it */

static const struct tree {
	const char *line, *root, *limit, *used, *inactive, *active;
} trees[] = {
	{":memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes",
	 "memory.usage_in_bytes", "\ntotal_inactive_file ", "\ntotal_active_file "},
	{"\n0::", "/sys/fs/cgroup", "memory.max", "memory.current",
	 "\ninactive_file ", "\nactive_file "},
};

static char *file_read(const char *folder, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return proc_file_read(path, NULL);
}

/* False if there is no such file, or no such limit ("max"). */
static bool number_read(const char *folder, const char *name, uint64_t *ret)
{
	CLEANUP(cleanup_free) char *text = file_read(folder, name);
	char *end = text;

	if (text)
		*ret = strtoull(text, &end, 10);
	return end != text;
}

/* Pages of files, which the kernel gives up before it kills. */
static uint64_t cached(const struct tree *t, const char *folder)
{
	CLEANUP(cleanup_free) char *text = file_read(folder, "memory.stat");
	const char *inactive = text ? strstr(text, t->inactive) : NULL;
	const char *active = text ? strstr(text, t->active) : NULL;

	return (inactive ? strtoull(inactive + strlen(t->inactive), NULL, 10) : 0) +
	       (active ? strtoull(active + strlen(t->active), NULL, 10) : 0);
}

static bool swap_is_left(uint64_t need)
{
	CLEANUP(cleanup_free) char *text = proc_file_read("/proc/meminfo", NULL);
	const char *line = text ? strstr(text, "\nSwapFree:") : NULL;

	return line && strtoull(line + 10, NULL, 10) * 1024 > need;
}

static enum opus_code folder_check(const struct tree *t, const char *folder,
				   uint64_t need, struct opus_error *err)
{
	uint64_t limit, used, file;

	if (!number_read(folder, t->limit, &limit) || limit > NO_LIMIT ||
	    !number_read(folder, t->used, &used) || limit >= used + need)
		return OPUS_OK;
	file = cached(t, folder); /* takes the kernel a while */
	used = used > file ? used - file : 0;
	if (limit >= used + need || swap_is_left(need))
		return OPUS_OK;
	return error_set(err, OPUS_RESOURCE,
		"its memory cgroup %.200s has %" PRIu64 " KiB left, and what takes more is "
		"killed by the kernel: raise %s by %" PRIu64 " KiB and try again; nothing "
		"was touched", folder, limit > used ? (limit - used) / 1024 : 0, t->limit,
		need / 1024);
}

/* Of the folder, and of those around it. */
static enum opus_code tree_check(const struct tree *t, const char *inside,
				 uint64_t need, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;
	char folder[PATH_MAX - 64];
	size_t root = strlen(t->root);

	/* Outside of what our own namespace of cgroups shows. */
	if (strncmp(inside, "/..", 3) == 0)
		return OPUS_OK;
	snprintf(folder, sizeof(folder), "%s%.*s", t->root,
		 (int)strcspn(inside, "\n"), inside);
	while (code == OPUS_OK && strlen(folder) > root) {
		code = folder_check(t, folder, need, err);
		*strrchr(folder, '/') = '\0';
	}
	return code;
}

enum opus_code room_check(pid_t pid, size_t more, struct opus_error *err)
{
	enum opus_code code = OPUS_OK;
	char path[64];
	char *lines, *at;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, NULL);
	/* A line is found by what stands before it, the first one as well. */
	CLEANUP(cleanup_free) char *copy = NULL;

	if (!text || asprintf(&lines, "\n%s", text) < 0)
		return OPUS_OK;
	copy = lines;
	for (size_t i = 0; code == OPUS_OK && i < sizeof(trees) / sizeof(trees[0]); i++) {
		at = strstr(copy, trees[i].line);
		if (at)
			code = tree_check(&trees[i], at + strlen(trees[i].line),
					  AGENT_ROOM + more, err);
	}
	return code;
}
