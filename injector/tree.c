/*
 * tree.c - read parents and units of processes from /proc.
 *
 * Called by:  target.c, run.c.
 * Runs on:    command.
 * Locks:      none.
 * Signal:     unsafe: heap.
 */
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "proc.h"

bool tree_stat_parse(const char *text, struct tree_node *ret)
{
	/* The name is in brackets and may hold brackets itself. */
	const char *at = strrchr(text, ')');

	return at && sscanf(at + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			    "%*u %*u %*d %*d %*d %*d %*d %*d %lu", &ret->parent,
			    &ret->start) == 2;
}

static int node_compare(const void *a, const void *b)
{
	pid_t x = ((const struct tree_node *)a)->pid;
	pid_t y = ((const struct tree_node *)b)->pid;

	return x < y ? -1 : x > y;
}

bool tree_init(struct tree *t)
{
	CLEANUP(cleanup_free) pid_t *pids = NULL;
	ssize_t count = proc_processes(&pids);

	memset(t, 0, sizeof(*t));
	if (count < 0)
		return false;
	t->nodes = calloc((size_t)count + 1, sizeof(*t->nodes));
	for (ssize_t i = 0; t->nodes && i < count; i++) {
		struct tree_node *n = &t->nodes[t->count];
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/stat", pids[i]);
		CLEANUP(cleanup_free) char *text = proc_file_read(path, NULL);

		n->pid = pids[i];
		if (text && tree_stat_parse(text, n))
			t->count++;
	}
	if (t->nodes)
		qsort(t->nodes, t->count, sizeof(*t->nodes), node_compare);
	return t->nodes != NULL;
}

void tree_deinit(struct tree *t)
{
	free(t->nodes);
	memset(t, 0, sizeof(*t));
}

const struct tree_node *tree_find(const struct tree *t, pid_t pid)
{
	struct tree_node key = {.pid = pid};

	return t->count ? bsearch(&key, t->nodes, t->count, sizeof(key), node_compare)
			: NULL;
}

bool tree_is_below(const struct tree *t, pid_t pid, pid_t root)
{
	const struct tree_node *n;

	/* Ids of a moment make no circle, but the moment was not one. */
	for (size_t i = 0; i <= t->count; i++) {
		if (pid == root)
			return true;
		n = tree_find(t, pid);
		if (!n || n->parent <= 0)
			return false;
		pid = n->parent;
	}
	return false;
}

unsigned int tree_depth(const struct tree *t, pid_t pid)
{
	const struct tree_node *n = tree_find(t, pid);
	unsigned int depth = 0;

	for (; n && n->parent > 0 && depth < t->count; depth++)
		n = tree_find(t, n->parent);
	return depth;
}

/* --- units --- */

/* systemctl(1) adds ".service" to what is no name of a unit yet; a name may
 * have dots, as in php-fpm@8.2. */
static bool is_unit(const char *folder, size_t size, const char *unit)
{
	size_t length = strlen(unit);

	if (size < length || memcmp(folder, unit, length) != 0)
		return false;
	if (size == length)
		return strchr(unit, '.') != NULL;
	return size == length + strlen(".service") &&
	       memcmp(folder + length, ".service", size - length) == 0;
}

bool tree_cgroup_has(const char *text, const char *unit)
{
	for (const char *at = text; (at = strchr(at, '/')) != NULL;) {
		size_t size = strcspn(++at, "/\n");

		if (is_unit(at, size, unit))
			return true;
	}
	return false;
}

bool tree_in_unit(pid_t pid, const char *unit)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	text = proc_file_read(path, NULL);
	return text && tree_cgroup_has(text, unit);
}
