/*
 * freezer.c - is a process frozen by a cgroup?
 *
 * Called by:  contact.c, client.c, inject.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 *
 * Its state does not tell: under the first version of cgroups it looks like a wait
 * for a disk, under the second like a sleep. There ptrace even stops such a thread,
 * but what it is to do then it does when it is thawed, after whoever asked for it
 * has given up: a descriptor that it opens is closed by nobody.
 */
#include "freezer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "proc.h"

/* A line of /proc/PID/cgroup, where that tree is mounted, and the file with the state,
 * which is that of the cgroups around it, too (cgroups(7)). */
static const struct tree {
	const char *line, *root, *file, *frozen;
} trees[] = {
	{"0::", "/sys/fs/cgroup", "cgroup.events", "frozen 1"},
	{"0::", "/sys/fs/cgroup/unified", "cgroup.events", "frozen 1"},
	{"freezer:", "/sys/fs/cgroup/freezer", "freezer.state", "FR"}, /* -OZEN, -EEZING */
};

static bool tree_holds(const struct tree *t, const char *inside,
		       char ret[FREEZER_PATH])
{
	char path[FREEZER_PATH + 32];

	snprintf(ret, FREEZER_PATH, "%s%.*s", t->root, (int)strcspn(inside, "\n"),
		 inside);
	snprintf(path, sizeof(path), "%s/%s", ret, t->file);
	CLEANUP(cleanup_free) char *state = proc_file_read(path, NULL);

	return state && strstr(state, t->frozen);
}

bool freezer_holds(pid_t pid, char ret[FREEZER_PATH])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	CLEANUP(cleanup_free) char *text = proc_file_read(path, NULL);

	for (size_t i = 0; text && i < sizeof(trees) / sizeof(trees[0]); i++) {
		const char *at = strstr(text, trees[i].line);

		if (at && tree_holds(&trees[i], at + strlen(trees[i].line), ret))
			return true;
	}
	return false;
}
